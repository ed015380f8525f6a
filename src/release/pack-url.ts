const API = /^https:\/\/api\.github\.com\/repos\/([^/]+\/[^/]+)\/releases$/;

/**
 * Where a file of a release is, by the feed that lists the releases (`auto_update_feed`): files of a repository are
 * beside its releases, and any other feed has them under `download/<tag>/` below itself, as the repository does.
 */
export function releaseFileUrl(feed: string, version: string, file: string): string {
  const [, base = '', query = ''] = /^([^?#]*?)\/*(\?[^#]*)?(?:#.*)?$/s.exec(feed) ?? [];
  const [, repository] = API.exec(base) ?? [];
  const path = `download/${TAG_PREFIX}${version}/${encodeURIComponent(file)}`;
  // What a mirror asks to be let in by counts for its files, too.
  return repository === undefined ? `${base}/${path}${query}` : `https://github.com/${repository}/releases/${path}`;
}

const TAG_PREFIX = 'studio-worker-v';
