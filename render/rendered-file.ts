/** A file of a rendered stack. */
export interface RenderedFile {
  /** Path below the output directory, with forward slashes. */
  path: string;
  /** Text, or bytes of any kind. */
  content: string | Uint8Array;
  /** Whether it holds a secret, and so gets mode 0600. */
  secret: boolean;
}
