import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { SwarmChildren } from "../../platforms/swarm/children";
import { randomPassword } from "../../platforms/password";
import type { DashboardLogin } from "./args";
import type { MonitoringArgs } from "./args-swarm";
import type { Part } from "./parts";
import { alertmanager, blackboxExporter, grafana, mysqldExporter, nodeExporter, prometheus } from "./services-swarm";
import { adminUser } from "./settings";

export type { MonitoringArgs };

/**
 * What watches a stack: Prometheus, which asks the sites (through the blackbox exporter), the database server (through the MySQL exporter) and each
 * machine (the node exporter) for figures; with `alerts` Alertmanager, which sends mail when a rule says so; with `dashboards` Grafana. The
 * services are called what their programs are called.
 *
 * None of them but Grafana asks who wants something, so they have a network of their own: no site is on it, and nothing of it is published. The
 * MySQL exporter, which has a login, is on another one, with the database servers and Prometheus alone.
 *
 * @throws Error for a stack without these networks, and for alerts whose mail server's name is not known when the program runs
 */
export class Monitoring extends pulumi.ComponentResource {
  /** By what their programs are called: `prometheus`, `grafana`. */
  readonly services: Readonly<Partial<Record<Part, docker.Service>>>;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  /** How to sign in to the dashboards; absent where there are none. */
  readonly login?: DashboardLogin;

  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:Monitoring", name, {}, opts);
    const children = new SwarmChildren(name, args, { parent: this });
    const { alerts, dashboards, database } = args;
    const password = dashboards && randomPassword(children, `${adminUser}-password`);
    this.services = {
      prometheus: prometheus(children, args),
      blackboxExporter: blackboxExporter(children, args),
      ...(database ? { mysqldExporter: mysqldExporter(children, args, database) } : {}),
      nodeExporter: nodeExporter(children, args),
      ...(alerts ? { alertmanager: alertmanager(children, args, alerts) } : {}),
      ...(dashboards && password ? { grafana: grafana(children, args, dashboards.port, password) } : {}),
    };

    this.nodes = children.nodes;
    if (password) {
      this.login = { username: adminUser, password };
    }
    this.registerOutputs({ login: this.login });
  }
}
