import type { UpdateRequest } from '../../release/update/updater.ts';

/** What the release feed has for this installation. */
export interface CheckedFeed {
  readonly current: string;
  /** The newest release that is ours and runs here, when it is newer than this one. */
  readonly latest: string | undefined;
  /** Why the worker does not move to it by itself yet. */
  readonly heldBack: string | undefined;
}

/** A move from one version to another. */
export interface Move {
  readonly from: string;
  /** Undefined when there is nothing to move to. */
  readonly to: string | undefined;
}

/** Releases, as commands see them. */
export interface Updates {
  /**
   * Reads the feed. Nothing is installed and nothing is remembered.
   *
   * @throws WorkerError `update.feed-unreadable`
   */
  check(): Promise<CheckedFeed>;
  /**
   * Where a request would lead. Nothing is installed and nothing is remembered.
   *
   * @throws WorkerError `update.feed-unreadable` | `update.not-found` | `update.refused`
   */
  plan(request: UpdateRequest): Promise<Move>;
  /**
   * Installs what was asked for, where no worker runs that could do it between two jobs.
   *
   * @throws WorkerError as `plan`, and `update.unsupported` | `update.untrusted` | `update.failed` | `update.blocked`
   */
  install(request: UpdateRequest): Promise<Move>;
  /** Names the only version that the worker moves to by itself, or lifts that. @throws WorkerError `disk.full` */
  pin(version: string | undefined): Promise<void>;
}
