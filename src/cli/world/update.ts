/** What the release feed has for this installation. */
export interface CheckedFeed {
  readonly current: string;
  /** The newest release that is ours and runs here, when it is newer than this one. */
  readonly latest: string | undefined;
  /** Why the worker does not move to it by itself yet. */
  readonly heldBack: string | undefined;
}

/** Releases, as commands see them. */
export interface Updates {
  /**
   * Reads the feed. Nothing is installed and nothing is remembered.
   *
   * @throws WorkerError `update.feed-unreadable`
   */
  check(): Promise<CheckedFeed>;
}
