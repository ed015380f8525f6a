import { contentsOf } from '../install/machine.ts';
import { setupProduct } from '../install/product.ts';
import type { Measurement } from './report.ts';
import { median } from './statistics.ts';

/**
 * From the start of the installer to its end, in an empty home, from a server on this machine. The limit is what no
 * installer can do without: download, digest and unpacking of the same archive.
 */
export async function measureInstalls(times: number): Promise<readonly Measurement[]> {
  await using it = await setupProduct();
  const { archive, version } = it.product;
  const url = `${it.server.url}/download/studio-worker-v${version}/${archive}`;
  const script =
    'curl -fsSo bare.tar.xz "$1" && sha256sum bare.tar.xz && xz -dc bare.tar.xz | tar -xf - -C bare && rm bare.tar.xz';
  const took: { install: number; bare: number }[] = [];
  await run('mkdir', 'bare');
  for (let at = 0; at < times; at++) {
    took.push({
      install: await run('sh', it.script, '--base-url', it.server.url),
      bare: await run('sh', '-c', script, 'sh', url),
    });
    await run('sh', it.script, '--uninstall', '--purge');
  }
  if (Object.keys(await contentsOf(it.machine.home)).length > 0) throw new Error('the installer left something behind');
  const of = (what: 'install' | 'bare'): number => median(took.map((one) => one[what]));
  return [
    {
      name: 'installation from a server on this machine',
      unit: 'ms',
      measured: of('install'),
      limit: { what: 'curl, sha256sum and tar alone', measured: of('bare') },
    },
  ];

  async function run(...cmd: readonly string[]): Promise<number> {
    const since = performance.now();
    const { code, err } = await it.machine.run(cmd);
    if (code !== 0) throw new Error(err);
    return performance.now() - since;
  }
}
