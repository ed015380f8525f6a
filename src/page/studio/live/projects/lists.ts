import { type Signal, signal } from '@preact/signals';
import { SECOND_MS } from '../../../../base/units.ts';
import { type AuditEntry, AuditPageSchema } from '../../../../contract/operator/audit.ts';
import { ProjectListSchema, type ProjectView } from '../../../../contract/operator/projects.ts';
import { OPERATOR_ROUTES as routes } from '../../../../contract/operator/routes.ts';
import { TokenListSchema, type TokenView } from '../../../../contract/operator/tokens.ts';
import {
  DeliveryListSchema,
  type DeliveryView,
  WebhookListSchema,
  type WebhookView,
} from '../../../../contract/operator/webhooks.ts';
import type { StudioFeedEvent } from '../../../../contract/page/dashboard.ts';
import type { Browser } from '../../../browser/browser.ts';
import type { Called, FailedCall } from '../../../live/call.ts';
import type { Listed } from '../../outcome.ts';
import type { ProjectFacts, Section } from '../../projects/model.ts';
import { ask } from '../ask.ts';
import { coalesced } from '../coalesced.ts';

interface ProjectListsOptions {
  readonly browser: Pick<Browser, 'request' | 'after' | 'report'>;
  /** Whether the reader is at one of the sections. */
  readonly isShown: () => boolean;
  readonly because: (failed: FailedCall) => string;
}

/** How soon deliveries that are under way are asked for again: nothing tells that they were made. */
const PENDING_MS = 2 * SECOND_MS;

const NOTHING = { is: 'reading' } as const;

/** The lists of the Projects page, of which the section that is open is kept up to date. */
export class ProjectLists implements ProjectFacts {
  readonly projects = signal<Listed<ProjectView>>(NOTHING);
  readonly tokens = signal<Listed<TokenView>>(NOTHING);
  readonly webhooks = signal<Listed<WebhookView>>(NOTHING);
  readonly deliveries = signal<Listed<DeliveryView>>(NOTHING);
  readonly audit = signal<Listed<AuditEntry>>(NOTHING);
  readonly olderAudit = signal<string | undefined>(undefined);
  readonly #options: ProjectListsOptions;
  #open: Section = 'projects';
  #callOff = (): void => {};

  constructor(options: ProjectListsOptions) {
    this.#options = options;
  }

  open(section: Section): Promise<void> {
    this.#open = section;
    return this.read();
  }

  /** Jobs count against limits, and end in deliveries and entries. */
  onEvent({ event }: StudioFeedEvent): void {
    if (event === 'job' || event === 'missed') void this.read();
  }

  /** What the open section shows. */
  readonly read = coalesced(
    () => this.#readOpen(),
    (fault) => this.#options.browser.report(fault),
  );

  /** The next page behind what was read. */
  async readOlderAudit(): Promise<void> {
    const [cursor, before] = [this.olderAudit.value, this.audit.value];
    if (cursor === undefined || before.is !== 'read') return;
    const { browser } = this.#options;
    const called = await ask(browser, { route: routes.audit, query: new URLSearchParams({ cursor }) }, AuditPageSchema);
    if (called.is !== 'answered') return;
    this.audit.value = { is: 'read', items: [...before.items, ...called.answer.entries] };
    this.olderAudit.value = called.answer.nextCursor;
  }

  async #readOpen(): Promise<void> {
    switch (this.#open) {
      case 'projects':
        return await this.#readProjects();
      case 'tokens': // a new one is of a project
        await Promise.all([this.#readProjects(), this.#readTokens()]);
        return;
      case 'webhooks':
        await Promise.all([this.#readWebhooks(), this.#readDeliveries()]);
        return this.#watchPending();
      case 'audit':
        return await this.#readAudit();
      default:
        return this.#open satisfies never;
    }
  }

  /** What was read once stays: the page says that it may be old. */
  #take<Item>(list: Signal<Listed<Item>>, called: Called<readonly Item[]>): void {
    if (called.is === 'answered') list.value = { is: 'read', items: called.answer };
    else if (list.value.is !== 'read') list.value = { is: 'failed', because: this.#options.because(called) };
  }

  async #readProjects(): Promise<void> {
    const called = await ask(this.#options.browser, { route: routes.projects }, ProjectListSchema);
    this.#take(this.projects, called.is === 'answered' ? { ...called, answer: called.answer.projects } : called);
  }

  async #readTokens(): Promise<void> {
    const called = await ask(this.#options.browser, { route: routes.tokens }, TokenListSchema);
    this.#take(this.tokens, called.is === 'answered' ? { ...called, answer: called.answer.tokens } : called);
  }

  async #readWebhooks(): Promise<void> {
    const called = await ask(this.#options.browser, { route: routes.webhooks }, WebhookListSchema);
    this.#take(this.webhooks, called.is === 'answered' ? { ...called, answer: called.answer.webhooks } : called);
  }

  async #readDeliveries(): Promise<void> {
    const called = await ask(this.#options.browser, { route: routes.deliveries }, DeliveryListSchema);
    this.#take(this.deliveries, called.is === 'answered' ? { ...called, answer: called.answer.deliveries } : called);
  }

  #watchPending(): void {
    this.#callOff();
    const { browser, isShown } = this.#options;
    const list = this.deliveries.value;
    if (list.is !== 'read' || list.items.every(({ state }) => state !== 'pending')) return;
    this.#callOff = browser.after(PENDING_MS, () => {
      if (isShown() && this.#open === 'webhooks') void this.read();
    });
  }

  /** The newest page again; pages behind it that were read stay, since entries never change. */
  async #readAudit(): Promise<void> {
    const called = await ask(this.#options.browser, { route: routes.audit }, AuditPageSchema);
    if (called.is !== 'answered') return this.#take(this.audit, called);
    const { entries, nextCursor } = called.answer;
    const before = this.audit.value.is === 'read' ? this.audit.value.items : [];
    const oldest = entries.at(-1)?.seq ?? 0;
    const reachesBack = before.some(({ seq }) => seq >= oldest);
    if (!reachesBack) this.olderAudit.value = nextCursor;
    const older = reachesBack ? before.filter(({ seq }) => seq < oldest) : [];
    this.audit.value = { is: 'read', items: [...entries, ...older] };
  }
}
