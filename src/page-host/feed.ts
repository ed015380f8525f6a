import { SECOND_MS } from '../base/units.ts';
import { createRing } from '../log/ring.ts';
import type { Clock } from '../system/clock.ts';

/*
 * Events on their way to any number of subscribers. The ring is the one queue that all of them share: each has its own
 * place in it, so a subscriber that does not read costs nothing, and one that is too far behind is told so.
 *
 *   publish ──▶ ring of the newest ──▶ place of each subscriber ──▶ bytes, as its socket takes them
 */

/** Something that happened, as subscribers are told of it; `data` is written as JSON. */
export interface FeedEvent {
  readonly event: string;
  readonly data: unknown;
}

/** An event for whoever was too far behind: what it shows may be old. */
const MISSED = { event: 'missed', data: {} } as const;

/** The stream of events of one run of a program. */
export interface EventFeed<Event extends FeedEvent> {
  publish(event: Event): void;
  /** How many subscribe now. */
  readonly subscribers: number;
  /** How many of them look at everything, as a page does. */
  readonly viewers: number;
  /** Whether anybody ever did: before that nobody can ask for what was published, and nothing is worth the work. */
  readonly isFollowed: boolean;
  /**
   * Events as bytes of a server-sent stream, from the last one that the subscriber has seen. `shown` makes of each event
   * what this subscriber may see of it, if anything.
   */
  open(lastEventId: string | undefined, isViewer?: boolean, shown?: Shown<Event>): ReadableStream<Uint8Array>;
  /** Ends every stream. */
  close(): void;
}

export interface EventFeedOptions<Event extends FeedEvent> {
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** Differs from one run of the program to the next: numbers begin anew with each. */
  readonly run: string;
  /** What a subscriber is shown first. */
  readonly snapshot: () => Promise<Event>;
}

/** What a subscriber may see of an event; undefined for nothing. */
type Shown<Event> = (event: Event) => Event | undefined;

/** An event, and its bytes for whoever may see all of it. */
interface KeptEvent<Event> {
  readonly event: Event;
  readonly bytes: Uint8Array;
}

/** A busy minute, at a kilobyte or two each. */
const MAX_EVENTS = 1_000;
/** Tells a peer that is gone from one that is idle. */
const KEEP_ALIVE_MS = 15 * SECOND_MS;
const ALIVE = ': alive\n\n';
/** How soon a browser reconnects. */
const RETRY = 'retry: 2000\n\n';

export const createEventFeed = <Event extends FeedEvent>(options: EventFeedOptions<Event>): EventFeed<Event> =>
  new RingFeed(options);

const ENCODER = new TextEncoder();

class RingFeed<Event extends FeedEvent> implements EventFeed<Event> {
  readonly #options: EventFeedOptions<Event>;
  readonly #ring = createRing<KeptEvent<Event>>(MAX_EVENTS);
  /** Subscribers that have seen everything. */
  readonly #waiting = new Set<() => void>();
  readonly #open = new Map<AsyncGenerator<Uint8Array>, { readonly isViewer: boolean }>();
  #closed = false;
  isFollowed = false;

  constructor(options: EventFeedOptions<Event>) {
    this.#options = options;
  }

  get subscribers(): number {
    return this.#open.size;
  }

  get viewers(): number {
    return [...this.#open.values()].filter(({ isViewer }) => isViewer).length;
  }

  publish(event: Event): void {
    this.#ring.push({ event, bytes: this.#bytesOf(event, this.#ring.lastSeq + 1) });
    this.#wake();
  }

  /** Pulled by the socket, so that nothing piles up here for a peer that does not read. */
  open(lastEventId: string | undefined, isViewer = true, shown?: Shown<Event>): ReadableStream<Uint8Array> {
    this.isFollowed = true;
    const chunks = this.#chunks(lastEventId, shown);
    this.#open.set(chunks, { isViewer });
    let hasLeft = false;
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (hasLeft) return;
        if (done !== true) return controller.enqueue(value);
        this.#open.delete(chunks);
        controller.close();
      },
      cancel: () => {
        hasLeft = true;
        this.#open.delete(chunks);
        void chunks.return(undefined); // ends once what it waits for has come
        this.#wake();
      },
    });
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *#chunks(lastEventId: string | undefined, shown: Shown<Event> | undefined): AsyncGenerator<Uint8Array> {
    yield ENCODER.encode(RETRY);
    let place = placeOf(lastEventId, this.#options.run);
    if (place === undefined || place > this.#ring.lastSeq) {
      place = this.#ring.lastSeq;
      yield* this.#anew(place, lastEventId !== undefined, shown);
    }
    const { clock } = this.#options;
    let shownAt = clock.elapsed();
    while (!this.#closed) {
      const found = this.#ring.after(place);
      if (found.length === 0) yield* this.#nothingYet(place);
      else if ((found[0]?.seq ?? 0) > place + 1) yield* this.#anew((place = this.#ring.lastSeq), true, shown);
      for (const { seq, item } of found) {
        if (seq <= place) continue;
        place = seq;
        const part = shown === undefined ? item.bytes : this.#partOf(item.event, seq, shown);
        if (part === undefined) continue;
        yield part;
        shownAt = clock.elapsed();
      }
      // Events that it may not see keep it from waiting long enough for a sign of life.
      if (found.length === 0 || clock.elapsed() - shownAt < KEEP_ALIVE_MS) continue;
      yield ENCODER.encode(ALIVE);
      shownAt = clock.elapsed();
    }
  }

  /** The present, for whoever has not followed until now. */
  async *#anew(place: number, missed: boolean, shown: Shown<Event> = (event) => event): AsyncGenerator<Uint8Array> {
    if (missed) yield this.#bytesOf(MISSED, place);
    const part = this.#partOf(await this.#options.snapshot(), place, shown);
    if (part !== undefined) yield part;
  }

  #partOf(event: Event, seq: number, shown: Shown<Event>): Uint8Array | undefined {
    const part = shown(event);
    return part && this.#bytesOf(part, seq);
  }

  /** Waits for an event, or gives a sign of life when none comes. */
  async *#nothingYet(place: number): AsyncGenerator<Uint8Array> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const disarm = this.#options.clock.after(KEEP_ALIVE_MS, resolve);
    this.#waiting.add(resolve);
    await promise;
    this.#waiting.delete(resolve);
    disarm();
    if (!this.#closed && this.#ring.lastSeq === place) yield ENCODER.encode(ALIVE);
  }

  #bytesOf({ event, data }: FeedEvent, seq: number): Uint8Array {
    return ENCODER.encode(`id: ${this.#options.run}-${seq}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #wake(): void {
    for (const call of this.#waiting) call();
  }
}

/** Which event of this run an id names; undefined for one of another run, or none at all. */
function placeOf(lastEventId: string | undefined, run: string): number | undefined {
  const [, of, seq] = /^([\w]+)-(\d{1,15})$/.exec(lastEventId ?? '') ?? [];
  return of === run ? Number(seq) : undefined;
}
