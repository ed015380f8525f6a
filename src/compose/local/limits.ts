/** Tokens of one answer to a person, who reads on: the contract's 512 cut a longer one. */
export const DEFAULT_MAX_TOKENS = 4096;
