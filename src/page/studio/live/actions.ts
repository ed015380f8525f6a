import {
  ApprovalAnswerSchema,
  BootstrapTokenViewSchema,
  JobViewSchema,
  ModelViewSchema,
} from '../../../contract/operator/views.ts';
import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import type { Browser } from '../../browser/browser.ts';
import { SHARED } from '../../words/shared.ts';
import { STUDIO } from '../../words/studio/shell.ts';
import type { StudioActions } from '../model.ts';
import { ask, type Question, tell } from './ask.ts';
import { forForm, outcomeOf, type OutcomeOptions } from './outcomes.ts';

interface StudioActionsOptions extends OutcomeOptions {
  readonly browser: Pick<Browser, 'request'>;
}

type WorkerActions = Pick<StudioActions, 'approve' | 'reject' | 'invite' | 'removeWorker'>;
type JobActions = Pick<StudioActions, 'createJob' | 'retryJob' | 'cancelJob'>;
type ModelActions = Pick<StudioActions, 'saveModel' | 'removeModel'>;

const SAY = STUDIO.outcomes;

/** What a window asks of the studio. What changes is told by its events. */
export const createActions = (options: StudioActionsOptions): WorkerActions & JobActions & ModelActions => ({
  ...workerActions(options),
  ...jobActions(options),
  ...modelActions(options),
});

function workerActions(options: StudioActionsOptions): WorkerActions {
  const { browser, toasts, because } = options;
  const outcome = outcomeOf(options);
  return {
    async approve({ requestId, machineName }) {
      const called = await ask(browser, { route: routes.approve, id: requestId }, ApprovalAnswerSchema);
      outcome(called, SAY.approved(machineName), SAY.notApproved(machineName));
    },
    async reject({ requestId, machineName }, reason) {
      const called = await tell(browser, { route: routes.reject, id: requestId, body: { reason } });
      return outcome(called, SAY.rejected(machineName), SAY.notRejected(machineName));
    },
    async invite() {
      const called = await ask(browser, { route: routes.createBootstrapToken }, BootstrapTokenViewSchema);
      if (called.is === 'answered') return called.answer;
      toasts.show('bad', SHARED.outcome(SAY.notInvited, because(called)));
      return undefined;
    },
    async removeWorker({ workerId, capabilities: { machineName } }) {
      const called = await tell(browser, { route: routes.removeWorker, id: workerId });
      return outcome(called, SAY.removed(machineName), SAY.notRemoved(machineName));
    },
  };
}

function jobActions(options: StudioActionsOptions): JobActions {
  const { browser } = options;
  const outcome = outcomeOf(options);
  return {
    async createJob(request) {
      return forForm(await ask(browser, { route: routes.createJob, body: request }, JobViewSchema), options);
    },
    async retryJob(jobId) {
      outcome(await tell(browser, { route: routes.retryJob, id: jobId }), SAY.retried, SAY.notRetried);
    },
    async cancelJob(jobId) {
      outcome(await tell(browser, { route: routes.cancelJob, id: jobId }), SAY.cancelled, SAY.notCancelled);
    },
  };
}

function modelActions(options: StudioActionsOptions): ModelActions {
  const { browser, toasts } = options;
  return {
    async saveModel(draft, isNew) {
      const question: Question = isNew
        ? { route: routes.addModel, body: draft }
        : { route: routes.replaceModel, id: draft.id, body: draft };
      const asked = forForm(await ask(browser, question, ModelViewSchema), options);
      if (asked.is === 'done') toasts.show('ok', SAY.saved(draft.displayName ?? draft.id));
      return asked;
    },
    async removeModel(modelId) {
      const called = await tell(browser, { route: routes.removeModel, id: modelId });
      return outcomeOf(options)(called, SAY.removed(modelId), SAY.notRemoved(modelId));
    },
  };
}
