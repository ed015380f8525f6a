/** What the operator asks of the window. */
export interface WindowChoice {
  readonly configPath: string | undefined;
  /** Only says where it is. */
  readonly printOnly: boolean;
}

/** What came of opening the window. */
export interface OpenedWindow {
  /** `none`: nothing on this machine could show it, or nothing was to. */
  readonly shown: 'app' | 'browser' | 'none';
  /** With a code that opens it once, within a minute. */
  readonly url: string;
  /** A worker was started for it. */
  readonly startedWorker: boolean;
}
