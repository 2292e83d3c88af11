import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

const CHART = fileURLToPath(new URL("../../infra/helm/polyseme", import.meta.url));
/** Where infra/helm/build-helm.sh puts it. */
const BUILT = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "polyseme", "helm-3.22.0", "helm");

/** The Helm of this machine: the one that was built for these tests, else the one in the path; undefined: there is none. */
export function findHelm(): string | undefined {
  return [BUILT, "helm"].find((path) => {
    if (path === BUILT) return existsSync(path);
    try {
      execFileSync(path, ["version", "--short"], { stdio: "pipe", timeout: 20_000 });
      return true;
    } catch {
      return false;
    }
  });
}

export interface EnvVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: Record<string, Record<string, unknown>>;
}

interface HttpProbe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: string[];
  readonly env: EnvVariable[];
  readonly ports: { containerPort: number }[];
  readonly securityContext: Record<string, unknown>;
  readonly resources: Record<"requests" | "limits", Record<string, unknown>>;
  readonly volumeMounts: { name: string; mountPath: string }[];
  readonly startupProbe: HttpProbe;
  readonly livenessProbe: HttpProbe;
  readonly readinessProbe: HttpProbe;
  readonly lifecycle?: unknown;
}

export interface PodSpec {
  readonly containers: [Container];
  readonly securityContext: Record<string, unknown>;
  readonly volumes: Record<string, unknown>[];
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly topologySpreadConstraints: { topologyKey: string; labelSelector: { matchLabels: Record<string, string> } }[];
  readonly tolerations?: { key: string }[];
}

/** One object as Kubernetes would be given it; tests say which kind they expect. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec: Record<string, unknown>;
  readonly stringData?: Record<string, string>;
}

export interface Deployment extends Manifest {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly strategy: { readonly rollingUpdate: Record<string, unknown> };
    readonly template: { readonly metadata: { readonly labels: Record<string, string> }; readonly spec: PodSpec };
  };
}

/** Everything that a release would make. */
export class Rendered {
  readonly all: readonly Manifest[];

  constructor(text: string) {
    this.all = parseAllDocuments(text)
      .map((document) => {
        if (document.errors[0] !== undefined) throw document.errors[0];
        return document.toJS() as Manifest | null;
      })
      .filter((manifest) => manifest !== null);
  }

  of(kind: string): Manifest[] {
    return this.all.filter((manifest) => manifest.kind === kind);
  }

  one(kind: string, name: string): Manifest {
    const found = this.of(kind).filter(({ metadata }) => metadata.name === name);
    if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} of ${kind} ${name}`);
    return found[0];
  }

  deployments(): Deployment[] {
    return this.of("Deployment") as Deployment[];
  }

  deployment(name: string): Deployment {
    return this.one("Deployment", name) as Deployment;
  }
}

/** @throws Error with what Helm printed */
export function helm(path: string, command: "lint" | "template", values: Record<string, unknown>): string {
  // JSON is YAML; it comes by standard input, so that nothing is left on disk.
  const subject = command === "lint" ? [CHART, "--strict"] : ["prod", CHART, "--namespace", "search"];
  // One that was built without its release's flags takes Kubernetes for 1.20.
  return execFileSync(path, [command, ...subject, "--kube-version", "1.32.0", "--values", "-"], {
    input: JSON.stringify(values),
    encoding: "utf8",
    stdio: "pipe",
    timeout: 60_000,
  });
}

export function render(path: string, values: Record<string, unknown>): Rendered {
  return new Rendered(helm(path, "template", values));
}
