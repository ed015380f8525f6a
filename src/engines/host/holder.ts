/** The process that holds a model's weights. */
export interface EngineProcess {
  readonly pid: number;
  /** Settles when it is gone, however it ended. Never rejects. */
  readonly ended: Promise<unknown>;
}
