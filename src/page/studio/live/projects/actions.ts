import { ProjectViewSchema } from '../../../../contract/operator/projects.ts';
import { OPERATOR_ROUTES as routes } from '../../../../contract/operator/routes.ts';
import { NewTokenViewSchema } from '../../../../contract/operator/tokens.ts';
import { CreatedWebhookSchema, WebhookTestSchema } from '../../../../contract/operator/webhooks.ts';
import type { Browser } from '../../../browser/browser.ts';
import { PROJECTS } from '../../../words/studio/projects.ts';
import { TOKENS } from '../../../words/studio/tokens.ts';
import { WEBHOOKS } from '../../../words/studio/webhooks.ts';
import type { ProjectActions } from '../../projects/model.ts';
import { ask, tell } from '../ask.ts';
import { forForm, outcomeOf, type OutcomeOptions } from '../outcomes.ts';
import type { ProjectLists } from './lists.ts';

interface ProjectActionsOptions extends OutcomeOptions {
  readonly browser: Pick<Browser, 'request'>;
  readonly lists: Pick<ProjectLists, 'open' | 'read' | 'readOlderAudit'>;
}

type Projects = Pick<ProjectActions, 'addProject' | 'changeProject' | 'removeProject'>;
type Tokens = Pick<ProjectActions, 'createToken' | 'revokeToken'>;
type Webhooks = Pick<
  ProjectActions,
  'addWebhook' | 'removeWebhook' | 'enableWebhook' | 'testWebhook' | 'retryDelivery'
>;

/** What a window asks of the studio, and reads again once it is done. */
export const createProjectActions = (options: ProjectActionsOptions): ProjectActions => ({
  readSection: (section) => options.lists.open(section),
  readOlderAudit: () => options.lists.readOlderAudit(),
  ...projectActions(options),
  ...tokenActions(options),
  ...webhookActions(options),
});

function projectActions(options: ProjectActionsOptions): Projects {
  const { browser, toasts, lists } = options;
  return {
    async addProject(draft) {
      const asked = forForm(await ask(browser, { route: routes.addProject, body: draft }, ProjectViewSchema), options);
      if (asked.is === 'done') toasts.show('ok', PROJECTS.added(draft.name));
      await lists.read();
      return asked;
    },
    async changeProject(name, limits) {
      const question = { route: routes.changeProject, id: name, body: limits };
      const asked = forForm(await ask(browser, question, ProjectViewSchema), options);
      if (asked.is === 'done') toasts.show('ok', PROJECTS.changed(name));
      await lists.read();
      return asked;
    },
    async removeProject(name, force) {
      const query = new URLSearchParams(force ? { force: 'yes' } : {});
      const asked = forForm(await tell(browser, { route: routes.removeProject, id: name, query }), options);
      if (asked.is === 'done') toasts.show('ok', PROJECTS.removed(name));
      await lists.read();
      return asked;
    },
  };
}

/** The token is in the answer alone, for whoever shows it. */
function tokenActions(options: ProjectActionsOptions): Tokens {
  const { browser, lists } = options;
  return {
    async createToken(draft) {
      const called = await ask(browser, { route: routes.createToken, body: draft }, NewTokenViewSchema);
      await lists.read();
      return forForm(called, options);
    },
    async revokeToken({ id, name }) {
      const called = await tell(browser, { route: routes.revokeToken, id });
      await lists.read();
      return outcomeOf(options)(called, TOKENS.revoked(name ?? id), TOKENS.notRevoked(name ?? id));
    },
  };
}

function webhookActions(options: ProjectActionsOptions): Webhooks {
  const { browser, lists } = options;
  const outcome = outcomeOf(options);
  return {
    async addWebhook(draft) {
      const called = await ask(browser, { route: routes.addWebhook, body: draft }, CreatedWebhookSchema);
      await lists.read();
      return forForm(called, options);
    },
    async removeWebhook({ id }) {
      const called = await tell(browser, { route: routes.removeWebhook, id });
      await lists.read();
      return outcome(called, WEBHOOKS.removed, WEBHOOKS.notRemoved);
    },
    async enableWebhook(id) {
      outcome(await tell(browser, { route: routes.enableWebhook, id }), WEBHOOKS.enabled, WEBHOOKS.notEnabled);
      await lists.read();
    },
    async testWebhook(id) {
      return forForm(await ask(browser, { route: routes.testWebhook, id }, WebhookTestSchema), options);
    },
    async retryDelivery(id) {
      outcome(await tell(browser, { route: routes.retryDelivery, id }), WEBHOOKS.retried, WEBHOOKS.notRetried);
      await lists.read();
    },
  };
}
