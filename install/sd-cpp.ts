import { archiveFor } from '../src/engines/sd-cpp/program/provision.ts';
import { WorkerError } from '../src/base/errors.ts';
import type { Artifact } from '../src/release/manifest.ts';
import { TARGETS } from './targets.ts';

/** How large a file is that another project publishes, in bytes. */
export type SizeOf = (url: string) => Promise<number>;

/**
 * The builds of stable-diffusion.cpp that this release fetches from its project: one artifact each, under the target it
 * serves, or for both kinds of Mac under `universal-apple-darwin`.
 */
export async function sdCppArtifacts(pins: Readonly<Record<string, string>>, sizeOf: SizeOf): Promise<Artifact[]> {
  const found = TARGETS.flatMap(({ triple, os, cpu }) => {
    const build = archiveFor({ environment: { platform: os, arch: cpu } });
    const sha256 = build && pins[build.asset];
    return build === undefined || sha256 === undefined ? [] : [{ ...build, sha256, triple }];
  });
  const artifacts: Artifact[] = [];
  for (const [name, builds] of Map.groupBy(found, ({ asset }) => asset)) {
    const [{ url, sha256, triple }] = builds as [(typeof builds)[number]];
    const target = builds.length === 1 ? triple : 'universal-apple-darwin';
    artifacts.push({ name, kind: 'sd-cpp', target, url, sizeBytes: await sizeOf(url), sha256 });
  }
  return artifacts;
}

/** Asks the host of the file, which also shows that it is still there. @throws WorkerError `download.failed` */
export const publishedSize: SizeOf = async (url) => {
  const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(30_000) });
  const sizeBytes = Number(answer.headers.get('content-length'));
  if (answer.ok && sizeBytes > 0) return sizeBytes;
  throw new WorkerError('download.failed', `${url} answers ${answer.status} and names no size`);
};
