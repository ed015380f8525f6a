import type { WorkerError } from '../../base/errors.ts';
import type { ModelSource } from '../../contract/model-source.ts';
import { filesOffered } from '../../contract/offered-urls.ts';
import { inputsOffered, type Task } from '../../contract/tasks/index.ts';
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

/** The checks that a worker makes of an offer before it takes it, as far as they depend on no worker. */
export interface OfferChecks {
  readonly sourceProblem: (model: string, source: ModelSource) => WorkerError | undefined;
  /** `what` names the URL for people. */
  readonly urlProblem: (what: string, url: string) => Promise<WorkerError | undefined>;
}

/** The first thing that stands against a proposal whichever worker gets it. */
export const createObjections =
  ({ sourceProblem, urlProblem }: OfferChecks): ObjectionTo =>
  async ({ model, source, task }) => {
    const problem = source === undefined ? undefined : sourceProblem(model, source);
    if (problem !== undefined) return withHint(problem);
    const urls = [
      ...(source === undefined ? [] : filesOffered(source)),
      ...(task === undefined ? [] : inputsOffered(task)),
    ];
    for (const { what, url } of urls) {
      const refusal = await urlProblem(what, url);
      if (refusal !== undefined) return withHint(refusal);
    }
    return undefined;
  };

const withHint = ({ message, hint }: WorkerError): string => (hint === undefined ? message : `${message}. ${hint}`);
