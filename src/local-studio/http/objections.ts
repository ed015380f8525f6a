import type { ModelSource } from '../../contract/model-source.ts';
import type { Task } from '../../contract/tasks/index.ts';
import { refuse } from './http.ts';

/** What an operator wants to be worked on, or with. */
export interface Proposal {
  readonly model: string;
  readonly source?: ModelSource | undefined;
  readonly task?: Task | undefined;
}

/** Why no worker could ever do it, in words; undefined when nothing stands against it. */
export type ObjectionTo = (proposal: Proposal) => Promise<string | undefined>;

/** @throws Refusal 400 with the objection */
export async function assertWorkable(proposal: Proposal, objectionTo: ObjectionTo): Promise<void> {
  const objection = await objectionTo(proposal);
  if (objection !== undefined) throw refuse('invalid', objection);
}
