import { MIB } from '../base/units.ts';
import { isLoopback } from '../base/urls.ts';
import { SUB_PROTOCOL } from '../contract/frames/close-codes.ts';
import { dashboardUrl } from '../contract/page/dashboard.ts';
import { FEATURES } from '../contract/frames/inbound.ts';
import { MAX_PARALLEL_JOBS } from '../contract/limits.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock, NextTurn } from '../system/clock.ts';
import type { Sha256 } from '../system/disk/digest.ts';
import type { HttpServer, OnServerSocket, Serve, ServerPeer, Tls } from '../system/net/server.ts';
import type { GuardedPost } from '../system/net/remote/guarded-post.ts';
import type { ProcessUsage } from '../system/process/process-memory.ts';
import type { Random } from '../system/random.ts';
import { forwardedAddress } from './http/forwarded.ts';
import { problem } from './http/http.ts';
import type { StudioDataEffects, StudioPlace } from './storage/places.ts';
import { openStudioData, type StudioData } from './storage/studio-data.ts';
import type { Hmac } from './webhooks/signature.ts';
import { publicUrl } from './webhooks/payload.ts';
import { createStudio, type Studio, type StudioParts } from './studio.ts';

/** Where a studio listens. */
export interface StudioAddress {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  /** Ends TLS here. */
  readonly tls?: Tls | undefined;
  /** Whether requests come through a proxy, which names who sent them in `X-Forwarded-For`. */
  readonly trustsProxy?: boolean | undefined;
  /** Names in DNS that it is reached by, the best known first. */
  readonly publicNames?: readonly string[] | undefined;
}

/** What a studio takes of the outside world. */
export interface StudioEffects extends StudioDataEffects {
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: Sha256;
  readonly nextTurn: NextTurn;
  readonly serve: Serve;
  readonly hmacSha256: Hmac;
  readonly processUsage: () => ProcessUsage;
  /** The way to webhooks, to private addresses as well where the operator allows them. */
  readonly openGuardedPost: (allowPrivate: boolean) => GuardedPost;
}

export interface StudioOptions
  extends
    StudioAddress,
    StudioPlace,
    Partial<
      Pick<StudioParts, 'sparesLoopback' | 'hostNames' | 'objectionTo' | 'shell' | 'keepArtifactsMs' | 'keepAuditMs'>
    > {
  /** Whether webhooks may lead to private addresses, by http too. */
  readonly webhooksToPrivate?: boolean;
  readonly effects: StudioEffects;
  readonly log: Logger;
}

/** A studio that listens. */
export interface ServedStudio extends Pick<HttpServer, 'url' | 'port'> {
  /** Ends every session; workers reconnect. Idempotent. */
  stop(): Promise<void>;
}

/** A studio with its data; `stop` closes that, too. */
export interface RunningStudio extends ServedStudio, Pick<StudioData, 'operatorToken' | 'tokenFile' | 'moved'> {
  /** An address that opens the operator's page once, within ten minutes. */
  readonly pageUrl: () => string;
}

const LIMITS = {
  maxRequestBytes: 514 * MIB,
  maxFrameBytes: 64 * MIB,
  /** Longer than the 30 s without a heartbeat that a worker may take, so that the rules decide and not the transport. */
  idleSeconds: 120,
} as const;

/**
 * Opens the data and serves a studio over it; resolves once it listens.
 *
 * @throws WorkerError as `openStudioData`, or the system's error when the port is taken
 */
export async function startStudio(options: StudioOptions): Promise<RunningStudio> {
  const { effects, log, host, shell, sparesLoopback = false, hostNames = [] } = options;
  const { keepArtifactsMs, keepAuditMs, objectionTo = () => Promise.resolve(undefined) } = options;
  const data = await openStudioData(options, effects, log);
  try {
    const names = [host, ...hostNames];
    const poster = effects.openGuardedPost(options.webhooksToPrivate ?? false);
    const sweeps = { keepArtifactsMs, keepAuditMs };
    const rules = { poster, log, shell, sparesLoopback, objectionTo, ...sweeps, hostNames: names };
    const offered = { features: FEATURES, maxParallelJobs: MAX_PARALLEL_JOBS };
    const studio = await createStudio({ ...data, ...rulesOf(effects), ...rules, ...offered });
    const served = serveStudio(studio, { ...options, publicNames: hostNames }, effects.serve);
    const { dataDir, operatorToken, tokenFile, store, moved } = data;
    log.info('studio.started', { url: served.url, dataDir, studioId: studio.id });
    if (!isLoopback(host) && options.tls === undefined) log.warn('studio.exposed', { host });
    return {
      ...served,
      operatorToken,
      tokenFile,
      moved,
      pageUrl: () => dashboardUrl(shownUrl(served.url), studio.createPageCode()),
      stop: once(() => served.stop().then(() => store.close())),
    };
  } catch (thrown) {
    await data.store.close();
    throw thrown;
  }
}

/** For a browser on this machine: it cannot go to an address that stands for all of them. */
const shownUrl = (url: string): string => url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');

/** The effects that a studio's rules take. */
export const rulesOf = ({
  clock,
  random,
  nextTurn,
  sha256,
  hmacSha256: hmac,
  processUsage: usage,
}: StudioEffects): Pick<StudioParts, 'clock' | 'random' | 'nextTurn' | 'hashOf' | 'hmac' | 'usage'> => ({
  clock,
  random,
  nextTurn,
  hmac,
  usage,
  hashOf: (text) => sha256(text).toHex(),
});

/**
 * Serves a studio, which it stops when it is stopped itself.
 *
 * @throws the system's error when the port is taken; the studio is then stopped
 */
export function serveStudio(studio: Studio, address: StudioAddress, serve: Serve): ServedStudio {
  const { host, port, tls, trustsProxy = false, publicNames = [] } = address;
  const server = listen();
  studio.listensAt(publicUrl(server, publicNames, tls !== undefined));
  return {
    url: server.url,
    port: server.port,
    stop: once(async () => {
      studio.stop();
      await server.stop('the studio stops');
    }),
  };

  function seen(request: Request, peer: ServerPeer): ServerPeer {
    const forwarded = trustsProxy ? forwardedAddress(request.headers) : undefined;
    return forwarded === undefined ? peer : { ...peer, address: forwarded };
  }

  function listen(): HttpServer {
    try {
      return serve({
        ...LIMITS,
        host,
        port,
        tls,
        answer: (request, peer) => answer(studio, request, seen(request, peer)),
      });
    } catch (thrown) {
      studio.stop();
      throw thrown;
    }
  }
}

const answer = (studio: Studio, request: Request, peer: ServerPeer): Promise<Response> =>
  studio.answer(request, {
    address: peer.address,
    waitForAnswer: () => peer.waitForAnswer(),
    upgrade: (worker) => upgrade(request, peer, (socket) => studio.openSocket(socket, worker)),
  });

function upgrade(request: Request, peer: ServerPeer, onOpened: OnServerSocket): Response {
  const offered = (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(SUB_PROTOCOL)) return problem(400, 'invalid', `the sub-protocol must be ${SUB_PROTOCOL}`);
  const upgraded = peer.upgrade({ 'sec-websocket-protocol': SUB_PROTOCOL }, onOpened);
  return upgraded ?? problem(426, 'upgrade-required', 'this route speaks WebSocket', { upgrade: 'websocket' });
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
