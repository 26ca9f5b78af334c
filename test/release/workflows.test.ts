/** What runs where nobody can try it beforehand: read, and held against what it names. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { TARGETS } from "../../scripts/lib/release-tree.ts";

const ROOT = resolve(import.meta.dir, "../..");
const WORKFLOWS = join(ROOT, ".github/workflows");

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly needs?: string; readonly steps: Step[] }>>;
}

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function workflow(name: string): Workflow {
  return Bun.YAML.parse(readFileSync(join(WORKFLOWS, name), "utf8")) as Workflow;
}

function commandsOf({ jobs }: Workflow): string {
  return Object.values(jobs)
    .flatMap(({ steps }) => steps.map(({ run = "" }) => run))
    .join("\n");
}

describe("the workflows", () => {
  test("run .ci/run for every push", () => {
    expect(commandsOf(workflow("ci.yml"))).toContain(".ci/run");
    expect(textOf(".ci/run")).toContain("npm test");
  });

  test("release only what was checked and tested, for all targets", () => {
    const release = workflow("release.yml");
    const tested = release.jobs["test"]?.steps.map(({ run }) => run).join("\n");
    expect(tested).toContain("npm run release:check");
    expect(tested).toContain("npm run test:full");
    expect(release.jobs["package"]?.needs).toBe("test");
    expect(commandsOf(release)).toContain("npm run package -- --all\n");
    expect(Object.keys(TARGETS)).toEqual([
      "linux-x64",
      "linux-arm64",
      "linux-x64-musl",
      "linux-arm64-musl",
    ]);
  });

  test("call only scripts that package.json has", () => {
    for (const name of readdirSync(WORKFLOWS)) {
      const called = commandsOf(workflow(name)).matchAll(/npm run (?:--silent )?([\w:]+)/g);
      for (const [, script = ""] of called) expect(packageJson.scripts).toHaveProperty([script]);
    }
  });

  test("begin with no right but to read", () => {
    for (const name of readdirSync(WORKFLOWS)) {
      expect(workflow(name).permissions).toEqual({ contents: "read" });
    }
  });
});

describe("the container", () => {
  test("runs as nobody special, asks itself whether it is well, and copies what the release has", () => {
    const text = textOf("packaging/container/Dockerfile");
    expect(text).toMatch(/^USER 65532:65532$/m);
    expect(text).toMatch(/^HEALTHCHECK .* CMD \["\/usr\/local\/bin\/btu", "ping"\]$/m);
    expect(text).toMatch(/^FROM gcr\.io\/distroless\/base-debian\d+:nonroot$/m);
  });

  test("has an example for Compose whose settings are keys of the configuration", async () => {
    const { KEYS } = await import("../../src/config/schema.ts");
    const names = textOf("packaging/container/compose.yaml").matchAll(/^ +BTU_SCHEDULER_(\w+):/gm);
    const keys = [...names].map(([, name = ""]) => name.toLowerCase().replace(/_file$/, ""));
    expect(keys.length).toBeGreaterThan(4);
    const known: readonly string[] = [...KEYS.keys()];
    expect(keys.filter((key) => !known.includes(key) && !known.includes(`${key}_file`))).toEqual(
      [],
    );
  });
});

describe("the top of the repository", () => {
  test("has what a release carries", () => {
    for (const path of [
      "install.sh",
      "README.md",
      "CHANGELOG.md",
      "LICENSE-MIT",
      "LICENSE-APACHE",
    ]) {
      expect(existsSync(join(ROOT, path))).toBe(true);
    }
  });
});
