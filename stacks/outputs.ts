/** What a stack tells once it is up: addresses, and where to find what. A credential only as a secret of the engine's. */
export type StackOutputs = Record<string, unknown>;
