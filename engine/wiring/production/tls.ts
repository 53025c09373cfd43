/** What a replica shows when its connections are encrypted, and whom it trusts. PEM. */
import { readFileSync } from "node:fs";

export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Of the certificates of all replicas. */
  readonly authorityFile: string;
}
export interface TlsContent {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Throws an Error that names the file. */
export const readTls = ({ certificateFile, keyFile, authorityFile }: TlsFiles): TlsContent => ({
  cert: readFileSync(certificateFile, "utf8"),
  key: readFileSync(keyFile, "utf8"),
  ca: readFileSync(authorityFile, "utf8"),
});

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
/** Does what is sent to this host stay on the machine? */
export const isLoopback = (host: string): boolean => loopback.test(host);
