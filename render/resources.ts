/** A resource that a program declared, its inputs resolved. */
export interface CollectedResource {
  /** Type token, for example `docker:index/service:Service`. */
  type: string;
  /** Logical name. */
  name: string;
  /** Arguments as registered, without secret marks. */
  inputs: Record<string, unknown>;
}
