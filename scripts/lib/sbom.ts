/** What is inside the executable, as a CycloneDX document. */
import packageJson from "../../package.json" with { type: "json" };
import { ROOT, run } from "./compile.ts";

interface Document {
  readonly serialNumber?: string;
  readonly metadata: { readonly timestamp?: string; readonly component?: object };
  readonly components: readonly unknown[];
}

function isDocument(value: unknown): value is Document {
  return (
    typeof value === "object" && value !== null && "components" in value && "metadata" in value
  );
}

/**
 * The npm packages that are compiled in, and the runtime. The same commit gives the same text.
 *
 * @throws Error when npm cannot tell.
 */
export function sbomText(version: string, commitSeconds: number): string {
  const flags = ["--sbom-format=cyclonedx", "--omit=dev", "--package-lock-only"];
  const ran = run(["npm", "sbom", ...flags]);
  if (ran.exitCode !== 0) throw new Error(`npm sbom (npm 10 or newer): ${ran.stderr}`);
  const found: unknown = JSON.parse(ran.stdout);
  if (!isDocument(found)) throw new Error(`npm sbom gave no CycloneDX document, in ${ROOT}`);
  const { serialNumber: _, ...rest } = found;
  const runtime = {
    "bom-ref": `bun@${Bun.version}`,
    type: "platform",
    name: "bun",
    version: Bun.version,
    purl: `pkg:npm/bun@${Bun.version}`,
    description: `Runtime compiled into version ${version}`,
    externalReferences: [{ type: "website", url: "https://bun.com" }],
  };
  const document = {
    ...rest,
    metadata: {
      ...rest.metadata,
      timestamp: new Date(commitSeconds * 1000).toISOString(),
      // npm takes the name of the folder.
      component: { ...rest.metadata.component, name: packageJson.name, version },
    },
    components: [...rest.components, runtime],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
