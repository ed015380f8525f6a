import { OutboundFrameSchema } from '../../../src/contract/frames/outbound.ts';
import { readJson } from '../../../src/contract/read.ts';
import type { Router } from '../../../src/local-studio/http/router.ts';
import type { Studio } from '../../../src/local-studio/studio.ts';
import type { ServerSocket } from '../../../src/system/net/server.ts';
import type { StudioEvent } from './studio-recorder.ts';

/** What a studio can be told to do wrong, and changed while it runs. */
export interface Mischief {
  /** Swallows every frame to the worker of these types; `all` is a silent studio. */
  silent: Set<string>;
  /** Frames of these types are received and then the socket is cut, once each. */
  cutAfter: Set<string>;
  /** Answers to the next uploads instead of the studio's, once they were read; one that never comes is a hang. */
  failUploads: (Response | Promise<Response>)[];
  /** Answers to the next uploads, after the result is stored. */
  loseAnswers: (Response | Promise<Response>)[];
  /** While set, uploads wait for it. */
  freeze: PromiseLike<void> | undefined;
  /** Answers to the next upgrades. */
  refuseUpgrades: Response[];
}

export const noMischief = (): Mischief => ({
  silent: new Set(),
  cutAfter: new Set(),
  failUploads: [],
  loseAnswers: [],
  freeze: undefined,
  refuseUpgrades: [],
});

/** A studio behind a bad network, with the sockets at hand that are open on it. */
export interface MisbehavingStudio extends Studio {
  readonly socketOf: (workerId: string) => ServerSocket | undefined;
}

/** Stands between a real studio and the network: records what passes, and does to it what the mischief says. */
export function misbehaving(studio: Studio, mischief: Mischief, hear: (event: StudioEvent) => void): MisbehavingStudio {
  const sockets = new Map<string, ServerSocket>();

  const answer: Router = async (request, peer) => {
    const path = URL.parse(request.url)?.pathname ?? '';
    const refusal = path.endsWith('/connect') ? mischief.refuseUpgrades.shift() : undefined;
    if (refusal !== undefined) return refusal;
    const [, workerId, jobId] = /\/workers\/([^/]+)\/jobs\/([^/]+)\/complete$/.exec(path) ?? [];
    if (workerId === undefined || jobId === undefined) return await studio.answer(request, peer);
    const response = await upload(request, () => studio.answer(request, peer));
    hear({ is: 'uploaded', workerId, jobId, status: response.status });
    return response;
  };

  async function upload(request: Request, take: () => Promise<Response>): Promise<Response> {
    await mischief.freeze;
    const early = mischief.failUploads.shift();
    if (early !== undefined) {
      await request.arrayBuffer();
      return await early;
    }
    const response = await take();
    return response.ok ? ((await mischief.loseAnswers.shift()) ?? response) : response;
  }

  return {
    id: studio.id,
    answer,
    createPageCode: () => studio.createPageCode(),
    listensAt: (url) => studio.listensAt(url),
    stop: () => studio.stop(),
    socketOf: (workerId) => sockets.get(workerId),
    openSocket(socket, worker) {
      const workerId = worker.id;
      sockets.set(workerId, socket);
      const inner = studio.openSocket(recordedSocket(socket, workerId, { mischief, hear }), worker);
      return {
        onText(text) {
          const read = readJson(OutboundFrameSchema, text);
          if (read.is === 'read') hear({ is: 'heard', workerId, frame: read.value });
          if (read.is === 'read' && mischief.cutAfter.delete(read.value.type)) socket.terminate();
          else inner.onText(text);
        },
        onBinary: () => inner.onBinary(),
        onClosed(code) {
          if (sockets.get(workerId) === socket) sockets.delete(workerId);
          inner.onClosed(code);
          hear({ is: 'disconnected', workerId });
        },
      };
    },
  };
}

interface Watching {
  readonly mischief: Mischief;
  readonly hear: (event: StudioEvent) => void;
}

const recordedSocket = (socket: ServerSocket, workerId: string, { mischief, hear }: Watching): ServerSocket => ({
  send(text) {
    const { type } = JSON.parse(text) as { type: string };
    if (mischief.silent.has(type) || mischief.silent.has('all')) return;
    hear({ is: 'said', workerId, type, text });
    socket.send(text);
    if (type === 'welcome') hear({ is: 'connected', workerId });
  },
  close: (code, reason) => socket.close(code, reason),
  terminate: () => socket.terminate(),
});
