import type { TaskKindId } from '../../../contract/tasks/index.ts';

/** A model of the operator's catalogue. */
export interface ModelRow {
  readonly id: string;
  readonly kind: TaskKindId;
  readonly displayName: string | undefined;
  readonly vramGb: number;
  /** JSON of the model source. */
  readonly source: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The operator's catalogue of models. */
export interface ModelTable {
  get(id: string): Promise<ModelRow | undefined>;
  list(): Promise<readonly ModelRow[]>;
  /** False when there is one of that id. */
  add(row: ModelRow): Promise<boolean>;
  /** False when there is none of that id. */
  replace(row: ModelRow): Promise<boolean>;
  remove(id: string): Promise<boolean>;
}
