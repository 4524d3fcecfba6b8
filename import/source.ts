/** What `export` calls the database. */
export const exportedDump = "ghost.sql.gz";

/** The server of a site that runs, and how its Ghost logs in. */
export interface DatabaseLogin {
  host?: string;
  port?: number;
  socket?: string;
  user: string;
  password: string;
  database: string;
}

/** A Ghost site as it is found. Nothing of it is changed. */
export interface Source {
  /** What it is, for a person. */
  what: string;
  /** Its content folder. */
  content: string;
  /** Where its database is. */
  database: { dump: string } | { login: DatabaseLogin };
  /** Its address; undefined where nothing says it. */
  url?: string | undefined;
  /** What is not taken over, in lines; nothing of them is secret. */
  notes: string[];
}

/** What was found, and what is wrong with it. */
export interface Found {
  source: Source;
  mistakes: string[];
}

/** What a site's storage adapter means: files in the content folder, or elsewhere. */
export function adapterMistakes(adapter: string | undefined): string[] {
  return adapter === undefined ||
    /^(LocalImagesStorage|LocalFileStorage|LocalStorageBase|LocalMediaStorage|LocalFilesStorage)$/.test(adapter)
    ? []
    : [
        `its files are kept by the storage adapter ${adapter}, which the image of Ghost has not. Copy the files into content/images of the source and set the adapter to LocalFileStorage there; or build an image that has ${adapter} (images.ghost), and import database and themes from a folder with content/ and --dump`,
      ];
}
