/** A few words that the desktop shows for a moment. */
export interface Notice {
  readonly title: string;
  readonly body: string;
  readonly isFailure: boolean;
}

/** The way of a desktop to show them. Disposing of it takes none back. */
export interface Notices extends Disposable {
  /** @throws WorkerError `native.unavailable` where this desktop shows none */
  show(notice: Notice): Promise<void>;
}
