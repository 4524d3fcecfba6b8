import type { Dashboard, GraphFieldConfig, Panel, TableFieldOptions } from "@grafana/schema";
import type * as Stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as StateTimeline from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type * as Table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as TimeSeries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/** What a file says where Grafana's types have members of an enumeration. */
type Written<T> = T extends string ? `${T}` : T extends object ? { [Key in keyof T]: Written<T[Key]> } : T;

/** A panel of a kind. What its options leave out has a default. */
type PanelOf<Kind extends string, Options, Custom> = Written<
  Omit<Panel<Options, Partial<Custom>>, "type" | "options">
> & { type: Kind; options?: Partial<Written<Options>> };

/** A file of a dashboard, by the schema that Grafana publishes, with panels of the kinds that this project's have. */
export type DashboardFile = Written<Omit<Dashboard, "panels">> & {
  panels: (
    | PanelOf<"stat", Stat.Options, never>
    | PanelOf<"state-timeline", StateTimeline.Options, StateTimeline.FieldConfig>
    | PanelOf<"table", Table.Options, TableFieldOptions>
    | PanelOf<"timeseries", TimeSeries.Options, GraphFieldConfig>
  )[];
};
