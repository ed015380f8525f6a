const API = /^https:\/\/api\.github\.com\/repos\/([^/]+\/[^/]+)\/releases$/;

/**
 * The URL of a file of a release, by the feed that lists the releases (`auto_update_feed`): files of a repository are
 * beside its releases, and any other feed has them under `download/<tag>/` below itself, as the repository does.
 */
export function releaseFileUrl(feed: string, version: string, file: string): string {
  const [, base = '', query = ''] = /^([^?#]*?)\/*(\?[^#]*)?(?:#.*)?$/s.exec(feed) ?? [];
  const [, repository] = API.exec(base) ?? [];
  const path = `download/${TAG_PREFIX}${version}/${encodeURIComponent(file)}`;
  // A query that a mirror requires, such as a key, applies to its files, too.
  return repository === undefined ? `${base}/${path}${query}` : `https://github.com/${repository}/releases/${path}`;
}

const TAG_PREFIX = 'studio-worker-v';
