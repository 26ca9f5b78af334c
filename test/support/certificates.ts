/** Keys and certificates for servers on this machine. */
import { readFileSync } from "node:fs";
import { mustRun } from "./child.ts";

/** Files of a private authority and of a server certificate that it signed, for `localhost` and `127.0.0.1`. */
export interface Certificates {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
  /** The authority's certificate as text, for a client. */
  readonly ca: string;
}

/** Makes them in `folder` with openssl; `names` replaces the names in the server's certificate. */
export async function makeCertificates(
  folder: string,
  { names = ["DNS:localhost", "IP:127.0.0.1"] }: { readonly names?: readonly string[] } = {},
): Promise<Certificates> {
  const openssl = (words: string, ...more: string[]): Promise<string> =>
    mustRun({ command: ["openssl", ...words.split(" "), ...more], cwd: folder });
  const newKey = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  await openssl(`${newKey} -subj /CN=authority -keyout ca.key -out ca.pem`);
  await openssl(
    `${newKey} -subj /CN=server -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem`,
    "-addext",
    `subjectAltName=${names.join(",")}`,
    "-addext",
    "basicConstraints=CA:FALSE",
  );
  const path = (name: string): string => `${folder}/${name}`;
  return {
    caPath: path("ca.pem"),
    certPath: path("server.pem"),
    keyPath: path("server.key"),
    ca: readFileSync(path("ca.pem"), "utf8"),
  };
}
