import { errorChain, WorkerError } from '../../base/errors.ts';
import { KIB, MIB, SECOND_MS } from '../../base/units.ts';
import { isLoopback, shownUrl } from '../../base/urls.ts';
import type { Http } from '../../system/net/http.ts';
import type { SignatureCrypto } from '../../system/signature-crypto.ts';
import { MANIFEST_FILE, readReleaseManifest, type ReleaseManifest, SIGNATURE_FILE } from '../manifest.ts';
import { type SigningKey, verifyMinisign } from '../minisign.ts';
import type { ReleaseCandidate } from './choose.ts';
import type { Version } from './semver.ts';

/** A release whose manifest is this project's own, by its signature. */
export interface TrustedRelease {
  readonly version: Version;
  readonly manifest: ReleaseManifest;
  /** As they were signed; the installation verifies them again. */
  readonly manifestBytes: Uint8Array;
  /** Undefined for one that the operator takes unsigned from this machine. */
  readonly signature: string | undefined;
  /** Where the release has a file; undefined when it lists none of this name. */
  readonly urlOf: (file: string) => string | undefined;
}

/** What a release of the feed turned out to be. */
export type Trust =
  | { readonly is: 'trusted'; readonly release: TrustedRelease }
  /** Not ours: of another program, or of an age before manifests. */
  | { readonly is: 'foreign'; readonly because: string }
  /** It claims to be ours, and is not: somebody should look at that. */
  | { readonly is: 'rejected'; readonly because: string };

export interface TrustDeps {
  readonly http: Http;
  readonly crypto: SignatureCrypto;
  readonly keys: readonly SigningKey[];
  /** The operator takes unsigned releases that come from this machine (`auto_update_allow_unsigned`). */
  readonly allowsUnsigned: boolean;
}

const STALL_MS = 15 * SECOND_MS;
const MAX_MANIFEST_BYTES = MIB;
const MAX_SIGNATURE_BYTES = 16 * KIB;

/**
 * Fetches and verifies a release's manifest. Nothing in it is read before its signature is verified.
 *
 * @throws WorkerError `update.feed-unreadable` when a file cannot be fetched; the signal's reason on abort
 */
export async function verifyRelease(
  { version, release }: ReleaseCandidate,
  deps: TrustDeps,
  signal?: AbortSignal,
): Promise<Trust> {
  const urls = new Map(release.assets.map(({ name, url }) => [name, url]));
  const [manifestUrl, signatureUrl] = [urls.get(MANIFEST_FILE), urls.get(SIGNATURE_FILE)];
  if (manifestUrl === undefined) return foreign('it has no manifest');
  const unsigned = signatureUrl === undefined;
  if (unsigned && !(deps.allowsUnsigned && isFromHere(manifestUrl))) return foreign('its manifest is not signed');
  const refused = [manifestUrl, signatureUrl].find((url) => url !== undefined && !mayFetch(url));
  if (refused !== undefined) return rejected(`${shownUrl(refused)} is neither https nor on this machine`);

  const get = { http: deps.http, signal };
  const manifestBytes = await fetchSmall(manifestUrl, MAX_MANIFEST_BYTES, get);
  const signature = unsigned ? undefined : textOf(await fetchSmall(signatureUrl, MAX_SIGNATURE_BYTES, get));
  if (signature !== undefined) {
    const check = verifyMinisign(manifestBytes, signature, deps.keys, deps.crypto);
    if (check.is === 'invalid') return rejected(`its manifest is not to be trusted: ${check.because}`);
  }
  const read = readReleaseManifest(textOf(manifestBytes));
  if (read.is === 'foreign') return foreign('its manifest is of another program');
  if (read.is === 'invalid') return rejected(`its manifest is unreadable: ${read.because}`);
  const { manifest } = read;
  // A signature says who made a manifest, and not for which tag it is shown.
  if (manifest.version !== version.text) return rejected(`its manifest is that of ${manifest.version}`);
  const urlOf = (file: string): string | undefined => urls.get(file);
  return { is: 'trusted', release: { version, manifest, manifestBytes, signature, urlOf } };
}

/** Whether a file of a release may come from there: encrypted, or without a network in between. */
export function mayFetch(url: string): boolean {
  const { protocol } = URL.parse(url) ?? {};
  return protocol === 'https:' || isFromHere(url);
}

function isFromHere(url: string): boolean {
  const { protocol = '', hostname = '' } = URL.parse(url) ?? {};
  return /^https?:$/.test(protocol) && isLoopback(hostname);
}

/**
 * A small file of a release.
 *
 * @throws WorkerError `update.feed-unreadable`; the signal's reason on abort
 */
export async function fetchSmall(
  url: string,
  maxBodyBytes: number,
  { http, signal }: { readonly http: Http; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const request = { method: 'GET', url, stallMs: STALL_MS, maxBodyBytes, ...(signal && { signal }) } as const;
  const { status, body } = await http.request(request).catch((thrown: unknown) => {
    if (signal?.aborted === true) throw signal.reason;
    throw unreadable(`${shownUrl(url)} cannot be reached: ${errorChain(thrown)}`, thrown);
  });
  if (status !== 200) throw unreadable(`${shownUrl(url)} returned ${status}`);
  return body;
}

const unreadable = (message: string, cause?: unknown): WorkerError =>
  new WorkerError('update.feed-unreadable', message, {
    cause,
    hint: 'Check the network, then check for updates again.',
  });

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const foreign = (because: string): Trust => ({ is: 'foreign', because });
const rejected = (because: string): Trust => ({ is: 'rejected', because });
