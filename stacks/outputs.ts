/** What a stack tells once it is up: addresses, and where to find what. Never a credential. */
export type StackOutputs = Record<string, unknown>;
