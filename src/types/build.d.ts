/** What `scripts/build.ts` writes into the executable; all are missing when the sources run as they are. */
declare const BTU_VERSION: string | undefined;
declare const BTU_COMMIT: string | undefined;
declare const BTU_ZONE_DATA: string | undefined;
