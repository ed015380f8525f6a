import { readFileSync } from 'node:fs';

/** A package as the lock file pins it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Of its tarball, in hex. */
  readonly sha512: string;
  /** Whether it is only installed on some systems. */
  readonly isOfOneSystem: boolean;
  /** The packages that it gets when it asks for its dependencies, by `name@version`. */
  readonly dependsOn: readonly string[];
}

/** As far as `bun.lock` is read here. */
interface Lock {
  readonly workspaces: { readonly '': { readonly dependencies: Readonly<Record<string, string>> } };
  readonly packages: Readonly<Record<string, readonly [id: string, ...rest: unknown[]]>>;
}

interface Facts {
  readonly os?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Every package that the program may be built from, on any target, by `name@version` and in that order: what it depends
 * on, and what that depends on. Packages of the checks are not among them, nor those replaced by nothing.
 */
export function lockedPackages(path = 'bun.lock'): ReadonlyMap<string, LockedPackage> {
  // JSON but for commas behind last items.
  const lock: Lock = JSON.parse(readFileSync(path, 'utf8').replaceAll(/,(\s*[\]}])/g, '$1'));
  const found = new Map<string, LockedPackage>();
  const visit = (key: string): string | undefined => {
    const [id = '', , facts = {}, integrity = ''] = lock.packages[key] ?? [];
    if (!String(integrity).startsWith('sha512-')) return undefined; // a folder of ours in place of the package
    if (found.has(id)) return id;
    const at = id.lastIndexOf('@');
    const { os, dependencies, optionalDependencies } = facts as Facts;
    const dependsOn: string[] = [];
    const sha512 = Buffer.from(String(integrity).slice('sha512-'.length), 'base64').toString('hex');
    const isOfOneSystem = os !== undefined;
    found.set(id, { name: id.slice(0, at), version: id.slice(at + 1), sha512, isOfOneSystem, dependsOn });
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const inner = keyFor(lock, key, name);
      const dependency = inner === undefined ? undefined : visit(inner);
      if (dependency !== undefined) dependsOn.push(dependency);
    }
    dependsOn.sort();
    return id;
  };
  for (const name of Object.keys(lock.workspaces[''].dependencies)) visit(name);
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where the package that asks finds another: below itself, or below whoever it is itself below. */
function keyFor(lock: Lock, asking: string, name: string): string | undefined {
  for (let above = asking; above !== ''; above = above.slice(0, Math.max(0, above.lastIndexOf('/')))) {
    if (lock.packages[`${above}/${name}`] !== undefined) return `${above}/${name}`;
  }
  return lock.packages[name] === undefined ? undefined : name;
}
