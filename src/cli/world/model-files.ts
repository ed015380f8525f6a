import type { EngineName } from '../../contract/model-source.ts';
import type { InspectedModel } from '../../models/given/inspect.ts';

/** Files that may be models, for the command that adds them to a studio. */
export interface ModelFiles {
  /**
   * Reads the beginning of a file on this machine, or of one at a URL.
   *
   * @throws WorkerError `cli.usage` when it is missing or no model that explains itself | `url.refused` | `download.failed`
   */
  inspect(pathOrUrl: string): Promise<InspectedModel>;
  /**
   * Puts a file where the worker of this machine looks for the model of this id, and gives its path there. No byte is
   * copied on one disk.
   *
   * @throws WorkerError `cli.usage` for an id that no file can be called | `file.not-written` | `disk.full`
   */
  adopt(path: string, model: { readonly id: string; readonly engine: EngineName }): Promise<string>;
}
