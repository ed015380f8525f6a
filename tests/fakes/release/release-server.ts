import { createHash } from 'node:crypto';
import { formatReleaseManifest } from '../../../install/release-manifest.ts';
import { generateSecretKey, publicKeyOf, type SecretKey, signMinisign } from '../../../install/sign.ts';
import { type Artifact, MANIFEST_FILE, type ReleaseManifest, SIGNATURE_FILE } from '../../../src/release/manifest.ts';
import type { SigningKey } from '../../../src/release/minisign.ts';

/** One release, as it is to be published; a small stable one for everybody unless told otherwise. */
export interface Publication {
  readonly version: string;
  readonly tag?: string;
  readonly files?: readonly (Pick<Artifact, 'name' | 'kind' | 'target'> & { readonly bytes: Uint8Array })[];
  readonly channel?: ReleaseManifest['channel'];
  readonly minFrom?: string;
  readonly rollout?: number;
  /** As the feed marks it. */
  readonly prerelease?: boolean;
  readonly signedBy?: SecretKey | 'nobody';
}

export interface ReleaseServer extends AsyncDisposable {
  /** `auto_update_feed` of those who take releases from here. */
  readonly feed: string;
  /** What the releases lie below, for installers. */
  readonly base: string;
  readonly keys: readonly SigningKey[];
  readonly key: SecretKey;
  publish(release: Publication): void;
  /** A release of another program in the same feed. */
  publishForeign(tag: string, files: Readonly<Record<string, string>>): void;
  withdraw(version: string): void;
  /** A file of a release, to look at or to change behind everybody's back. */
  readonly files: Map<string, Uint8Array>;
  /** Paths that were asked for, in order. */
  readonly requested: string[];
  /** Answers instead of the server; undefined lets it answer by itself. */
  intercept: ((path: string) => Response | Promise<Response> | undefined) | undefined;
}

export const tagOf = (version: string): string => `studio-worker-v${version}`;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Serves releases as a project's pages do, signed with a key of its own. */
export function releaseServer(): ReleaseServer {
  const key = generateSecretKey();
  const files = new Map<string, Uint8Array>();
  const listed = new Map<string, { prerelease: boolean; names: readonly string[] }>();
  const requested: string[] = [];
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => answer(request) });
  const base = `http://127.0.0.1:${server.port}/releases`;

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    requested.push(pathname);
    const instead = await self.intercept?.(pathname);
    if (instead !== undefined) return instead;
    if (pathname === '/releases') return Response.json(feed());
    const latest = [...listed].findLast(([, { prerelease }]) => !prerelease)?.[0] ?? '';
    const path = pathname.replace('/releases/latest/download/', `/releases/download/${latest}/`);
    const bytes = files.get(path.replace('/releases/download/', ''));
    return bytes === undefined ? new Response('', { status: 404 }) : new Response(new Uint8Array(bytes));
  }

  const feed = (): unknown =>
    [...listed].toReversed().map(([tag, { prerelease, names }]) => ({
      tag_name: tag,
      prerelease,
      draft: false,
      assets: names.map((name) => ({ name, browser_download_url: `${base}/download/${tag}/${name}` })),
    }));

  const put = (tag: string, name: string, bytes: Uint8Array): void => void files.set(`${tag}/${name}`, bytes);
  const self: ReleaseServer = {
    feed: base,
    base,
    key,
    keys: [{ use: 'test', publicKey: publicKeyOf(key) }],
    files,
    requested,
    intercept: undefined,
    publish({ version, files: released = [], signedBy = key, ...about }) {
      const tag = about.tag ?? tagOf(version);
      const text = formatReleaseManifest({
        version,
        channel: about.channel ?? 'stable',
        minFrom: about.minFrom ?? '0.0.0',
        rollout: about.rollout ?? 100,
        artifacts: released.map(({ bytes, ...artifact }) => ({
          ...artifact,
          sizeBytes: bytes.byteLength,
          sha256: sha256(bytes),
        })),
      });
      const bytes = new TextEncoder().encode(text);
      for (const file of released) {
        put(tag, file.name, file.bytes);
        put(tag, `${file.name}.sha256`, new TextEncoder().encode(`${sha256(file.bytes)} *${file.name}\n`));
      }
      put(tag, MANIFEST_FILE, bytes);
      if (signedBy !== 'nobody') {
        put(tag, SIGNATURE_FILE, new TextEncoder().encode(signMinisign(bytes, signedBy, `studio-worker ${version}`)));
      }
      const names = [...files.keys()]
        .filter((path) => path.startsWith(`${tag}/`))
        .map((path) => path.split('/')[1] ?? '');
      listed.set(tag, { prerelease: about.prerelease ?? false, names });
    },
    publishForeign(tag, texts) {
      for (const [name, text] of Object.entries(texts)) put(tag, name, new TextEncoder().encode(text));
      listed.set(tag, { prerelease: false, names: Object.keys(texts) });
    },
    withdraw: (version) => void listed.delete(tagOf(version)),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
  return self;
}
