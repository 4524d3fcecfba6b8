/** API group and version of the objects that the Prometheus operator takes from the stack. */
export const operatorApi = "monitoring.coreos.com/v1";

/** Those objects, by kind. */
export const operatorKinds = ["PrometheusRule", "Probe", "ServiceMonitor"] as const;
