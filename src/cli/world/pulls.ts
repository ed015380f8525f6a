import type { TaskKindId } from '../../contract/tasks/index.ts';
import type { KnownModel, PullTarget } from '../../models/catalogue/lookup.ts';
import type { FileProgress } from '../../models/store/options.ts';

export interface PulledModel {
  readonly model: string;
  /** What it is for. */
  readonly kind: TaskKindId;
  readonly files: readonly { readonly role: string; readonly path: string }[];
}

/** The catalogue of this machine and what downloads its models: the running worker, or this process where none runs. */
export interface ModelPulls {
  /** In the order of the catalogue. */
  known(): Promise<readonly KnownModel[]>;
  /**
   * Downloads a model, and stops with this process; what has arrived is resumed by the next pull.
   *
   * @throws WorkerError `model.not-found` for an id that nobody knows | `job.cancelled` | whatever a download fails with
   */
  pull(target: PullTarget, onProgress: (progress: FileProgress) => void): Promise<PulledModel>;
}
