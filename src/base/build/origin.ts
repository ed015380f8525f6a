/** What an executable was built from. A field that was not known is left out. */
export interface BuildOrigin {
  /** The commit, in full; followed by `-dirty` where files of the checkout differed from it. */
  readonly commit?: string;
  /** When that commit was made (RFC 3339, UTC): building it later gives the same executable. */
  readonly date?: string;
  /** The release target, such as `x86_64-unknown-linux-gnu`. */
  readonly target?: string;
  /** The runtime inside, with its version. */
  readonly runtime?: string;
}

/** Nothing in a checkout, which changes under it. The build puts its own origin in this file's place. */
export const origin: BuildOrigin = {};
