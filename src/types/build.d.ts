/** What `scripts/build.ts` writes into the executable; both are missing when the sources run as they are. */
declare const BTU_VERSION: string | undefined;
declare const BTU_COMMIT: string | undefined;
