import { unclaimedSites } from "../deploy/unclaimed";
import { backupFindings, stackBackups } from "./backups";
import { findingLines, sorted, type Finding } from "./finding";
import { inquiryFindings } from "./inquiries";
import { ownerFindings } from "./owner";
import { diagnosis as clusterDiagnosis } from "./kubernetes/diagnosis";
import { readFacts as readClusterFacts } from "./kubernetes/facts";
import { place, type Stack } from "../home/stack";
import { diagnosis as swarmDiagnosis } from "./swarm/diagnosis";
import { readFacts as readSwarmFacts } from "./swarm/facts";

/** Why a stack is not well. The shape of `diagnose --json`. */
export interface Diagnosis {
  stack: string;
  place: string;
  /** Whether there is nothing but notices. */
  well: boolean;
  findings: Finding[];
}

/** Looks for what keeps a stack from being well. */
export async function diagnose(stack: Stack): Promise<Diagnosis> {
  const ofWhatRuns =
    stack.platform === "kubernetes"
      ? clusterDiagnosis(await readClusterFacts(stack))
      : swarmDiagnosis(await readSwarmFacts(stack));
  const isThere = !ofWhatRuns.some(({ scenario }) => scenario === "not-deployed");
  const findings = isThere
    ? sorted([
        ...ofWhatRuns,
        ...backupFindings(await stackBackups(stack)),
        ...(await inquiryFindings(stack)),
        ...ownerFindings(stack.name, await unclaimedSites(stack)),
      ])
    : ofWhatRuns;
  const well = findings.every(({ severity }) => severity === "notice");
  return { stack: stack.name, place: place(stack), well, findings };
}

/** A diagnosis for a person. */
export function diagnosisLines({ findings, place: where, stack, well }: Diagnosis): string[] {
  const told = findings.flatMap((finding) => ["", ...findingLines(finding)]);
  return [`Stack ${stack} on ${where}`, ...told, ...(well ? ["", "Nothing keeps it from working."] : [])];
}
