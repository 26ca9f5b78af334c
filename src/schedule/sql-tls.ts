/** Certificates and keys for a database server, read from their files. */
import { describeError } from "../base/errors.ts";
import { readTextFile } from "../config/files.ts";
import type { SqlTls } from "../config/targets.ts";
import { SourceError } from "./source-error.ts";

/** What both drivers hand to the TLS of the runtime; who the server is gets verified always. */
export interface TlsMaterial {
  readonly rejectUnauthorized: true;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

function read(key: string, path: string): string {
  try {
    return readTextFile(path);
  } catch (error) {
    const text = `cannot read ${key} "${path}": ${describeError(error)}; check the path and who may read it`;
    throw new SourceError(text, { cause: error });
  }
}

/** @throws SourceError that names a file that cannot be read. */
export function readTlsMaterial({ caPath, own }: SqlTls): TlsMaterial {
  return {
    rejectUnauthorized: true,
    ...(caPath === null ? {} : { ca: read("sql_tls_ca", caPath) }),
    ...(own === null
      ? {}
      : { cert: read("sql_tls_cert", own.certPath), key: read("sql_tls_key", own.keyPath) }),
  };
}
