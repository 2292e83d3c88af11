/** A model on the hub, at a branch, tag or commit. */
export interface HubId {
  /** As it was given: `org/name` or `org/name@revision`. Its folder has this name too. */
  readonly name: string;
  /** `org/name`. */
  readonly repository: string;
  readonly revision: string;
}

/** The hub's own rules for each of the two parts, and no dot in front. */
const PART = /^(?![.-])(?!.*(?:--|\.\.))[\w.-]{1,96}(?<![.-])$/;
/** What git and a folder's name take alike: a branch with a slash is named by its commit instead. */
const REVISION = /^(?![.-])(?!.*\.\.)[\w.-]{1,128}(?<!\.)$/;

/** The parts of `org/name[@revision]`; undefined: that is none. No part leads out of a folder. */
export function parseHubId(name: string): HubId | undefined {
  const [repository = "", revision = "main", ...rest] = name.split("@");
  const parts = repository.split("/");
  if (rest.length > 0 || parts.length !== 2 || !parts.every((part) => PART.test(part)) || !REVISION.test(revision))
    return undefined;
  return { name, repository, revision };
}
