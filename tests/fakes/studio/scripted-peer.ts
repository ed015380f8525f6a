import type { OutboundFrame } from '../../../src/contract/frames/outbound.ts';
import { systemClock } from '../../../src/system/clock.ts';

type Frame = OutboundFrame & { readonly [key: string]: unknown };
type FrameType = OutboundFrame['type'];

/** What a test makes the peer do. It keeps no rules of a studio; it only reacts and records. */
export interface Script {
  /** Answers the upgrade with something else: a response, or one that never comes. */
  readonly onUpgrade?: (attempt: number) => Response | Promise<Response> | undefined;
  /** Reacts to a frame; `welcome` and acks come only from here. */
  readonly onFrame?: (frame: Frame, link: PeerLink) => void;
}

/** The peer's end of one socket. */
export interface PeerLink {
  send(frame: unknown): void;
  raw(data: string | Uint8Array<ArrayBuffer>): void;
  close(code: number, reason?: string): void;
  cut(): void;
}

export interface ScriptedPeer extends AsyncDisposable {
  /** The base URL a worker would be configured with. */
  readonly url: string;
  /** Every frame of every socket, in order. */
  readonly frames: readonly Frame[];
  /** How many upgrades were asked for. */
  readonly attempts: number;
  /** Close code and reason of each socket that ended. */
  readonly closes: readonly { readonly code: number; readonly reason: string }[];
  /** The newest socket. */
  readonly link: PeerLink;
  /** The next frame of this type that no earlier call returned. */
  next(type: FrameType): Promise<Frame>;
  /** Waits until a fact holds; facts are looked at whenever something arrives. */
  until(fact: () => boolean, what: string): Promise<void>;
}

const WAIT_MS = 30_000;

/** Lets a test wait for a fact, which is looked at whenever someone says that something happened. */
export function createNotice(describe: () => string) {
  const waiting = new Set<() => void>();
  return {
    wake: () => waiting.forEach((look) => look()),
    until: async (fact: () => boolean, what: string): Promise<void> => {
      const met = Promise.withResolvers<void>();
      const look = (): void => {
        if (fact()) met.resolve();
      };
      const late = (): void => met.reject(new Error(`waited ${WAIT_MS} ms for ${what}; ${describe()}`));
      const disarm = systemClock.after(WAIT_MS, late);
      waiting.add(look);
      look();
      await met.promise.finally(() => {
        waiting.delete(look);
        disarm();
      });
    },
  };
}

export const WELCOME = { type: 'welcome', workerId: 'w-1', serverTime: '2026-05-25T12:00:00Z' } as const;

/** The reactions of a healthy studio: welcome, and an ack for each heartbeat. */
export const friendly = (frame: Frame, link: PeerLink): void => {
  if (frame.type === 'hello') link.send(WELCOME);
  if (frame.type === 'heartbeat') link.send({ type: 'heartbeatAck' });
};

/** A WebSocket server on a free port of this machine. */
export function startPeer({ onUpgrade, onFrame = friendly }: Script = {}): ScriptedPeer {
  const frames: Frame[] = [];
  const returned = new Set<Frame>();
  const closes: { code: number; reason: string }[] = [];
  const links: PeerLink[] = [];
  const { wake, until } = createNotice(() => `heard ${frames.map((frame) => frame.type).join(', ') || 'nothing'}`);
  let attempts = 0;

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    fetch(request, self) {
      attempts += 1;
      wake();
      const answer = onUpgrade?.(attempts);
      if (answer !== undefined) return answer;
      return self.upgrade(request, { data: { link: undefined } }) ? undefined : new Response('no', { status: 400 });
    },
    websocket: {
      data: {} as { link: PeerLink | undefined },
      open(socket) {
        const link: PeerLink = {
          send: (frame) => void socket.send(JSON.stringify(frame)),
          raw: (data) => void socket.send(data),
          close: (code, reason) => socket.close(code, reason),
          cut: () => socket.terminate(),
        };
        socket.data.link = link;
        links.push(link);
        wake();
      },
      message(socket, text) {
        const frame = JSON.parse(String(text)) as Frame;
        frames.push(frame);
        if (socket.data.link !== undefined) onFrame(frame, socket.data.link);
        wake();
      },
      close(_socket, code, reason) {
        closes.push({ code, reason });
        wake();
      },
    },
  });

  return {
    url: `http://127.0.0.1:${server.port}`,
    frames,
    closes,
    until,
    get attempts() {
      return attempts;
    },
    get link() {
      const link = links.at(-1);
      if (link === undefined) throw new Error('no socket was opened');
      return link;
    },
    async next(type) {
      const find = (): Frame | undefined => frames.find((frame) => frame.type === type && !returned.has(frame));
      await until(() => find() !== undefined, `a ${type} frame`);
      const frame = find();
      if (frame === undefined) throw new Error('unreachable');
      returned.add(frame);
      return frame;
    },
    [Symbol.asyncDispose]: async () => await server.stop(true),
  };
}
