import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import * as v from 'valibot';
import { SECOND_MS } from '../../base/units.ts';
import { WINDOW_QUERY } from '../../contract/page/access.ts';
import type { LiveStatus } from '../../local-api/contract/status.ts';
import type { Browser } from '../browser/browser.ts';
import type { Edits } from '../worker/config/draft.ts';
import { hrefOf, type Route, routeOf } from '../worker/route.ts';
import { call } from './call.ts';
import type { ConfigDesk } from './config-desk.ts';

/*
 * A worker has one window. A page that claims to be it supersedes the one before, which hands over where its reader was and
 * what they have not saved, and closes itself:
 *
 *   new page ──claim──▶ worker ──status──▶ old page ──handover──▶ new page ──taken──▶ old page closes
 */

/** Whether this page is the window of its worker. */
export interface WindowClaim {
  /** Another one was opened since. */
  readonly isSuperseded: ReadonlySignal<boolean>;
  /** Claims to be the window. Before a page follows the worker: what is published of an earlier claim is old news then. */
  readonly claimWindow: () => Promise<void>;
}

interface ClaimOptions {
  readonly browser: Pick<
    Browser,
    'request' | 'after' | 'query' | 'broadcast' | 'onBroadcast' | 'setFragment' | 'close'
  >;
  readonly facts: { readonly status: ReadonlySignal<LiveStatus | undefined>; readonly route: Signal<Route> };
  readonly desk: Pick<ConfigDesk, 'edits' | 'editConfig'>;
}

/** A page of this browser takes what is handed over within milliseconds; one of another browser never does. */
const TAKE_MS = SECOND_MS;

const EditsSchema = v.custom<Edits>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const MessageSchema = v.variant('is', [
  /** To the window that was opened at `to`. */
  v.object({ is: v.literal('handover'), to: v.number(), fragment: v.string(), edits: EditsSchema }),
  v.object({ is: v.literal('taken'), to: v.number() }),
]);
type Message = v.InferOutput<typeof MessageSchema>;
type Handover = Extract<Message, { readonly is: 'handover' }>;

/** Claims nothing where the address does not say that the page is the window, such as one that was printed. */
export const createWindowClaim = (options: ClaimOptions): WindowClaim => new PageClaim(options);

class PageClaim implements WindowClaim {
  readonly #options: ClaimOptions;
  readonly #claimedAt = signal<number | undefined>(undefined);
  readonly #supersededAt = computed(() => {
    const newest = this.#options.facts.status.value?.windowOpenedAt ?? 0;
    return this.#claimedAt.value !== undefined && newest > this.#claimedAt.value ? newest : undefined;
  });
  /** Came before the worker answered. */
  #early: Handover | undefined;

  readonly isSuperseded = computed(() => this.#supersededAt.value !== undefined);

  constructor(options: ClaimOptions) {
    this.#options = options;
    options.browser.onBroadcast((data) => {
      const read = v.safeParse(MessageSchema, data);
      if (read.success) this.#onMessage(read.output);
    });
    effect(() => {
      if (this.#supersededAt.value !== undefined) this.#giveWay(this.#supersededAt.value);
    });
  }

  readonly claimWindow = async (): Promise<void> => {
    const { browser } = this.#options;
    if (!new URLSearchParams(browser.query()).has(WINDOW_QUERY)) return;
    const called = await call(browser, 'claimWindow');
    if (called.is !== 'answered') return;
    this.#claimedAt.value = called.answer.windowOpenedAt;
    if (this.#early !== undefined) this.#take(this.#early);
  };

  #onMessage(message: Message): void {
    if (message.is === 'taken') {
      if (this.#supersededAt.peek() === message.to) this.#options.browser.close();
    } else if (this.#claimedAt.peek() === undefined) this.#early = message;
    else this.#take(message);
  }

  #take({ to, fragment, edits }: Handover): void {
    if (to !== this.#claimedAt.value) return;
    const { browser, facts, desk } = this.#options;
    for (const [key, edit] of Object.entries(edits)) desk.editConfig(key, edit);
    browser.setFragment(fragment, 'replace');
    facts.route.value = routeOf(fragment);
    browser.broadcast({ is: 'taken', to } satisfies Message);
  }

  /** What nobody takes over is kept on the page, however long. */
  #giveWay(to: number): void {
    const { browser, facts, desk } = this.#options;
    const edits = desk.edits.peek();
    browser.broadcast({ is: 'handover', to, fragment: hrefOf(facts.route.peek()), edits } satisfies Message);
    if (Object.keys(edits).length > 0) return;
    browser.after(TAKE_MS, () => this.#supersededAt.peek() === to && browser.close());
  }
}
