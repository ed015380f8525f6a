/** What the running worker holds in memory between two jobs. */
export interface ModelMemory {
  /**
   * Resolves once the model is in memory.
   *
   * @throws WorkerError `worker.not-running` | `model.not-found` | `local.unfit` | `engine.unavailable` | `engine.failed`
   */
  load(id: string): Promise<void>;
  /** Asks for it to go, once its job is done. @throws WorkerError `worker.not-running` | `model.not-found` */
  unload(id: string): Promise<'unloading' | 'unloaded'>;
}
