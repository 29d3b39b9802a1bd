import { mapKey } from '../../domain/answer-layout.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { mapInForce } from '../../domain/map-in-force.ts';
import type { Request } from '../../domain/request.ts';
import type { Files } from '../aws/files.ts';
import type { MapSettings } from './settings.ts';

type Texts = Pick<Files, 'readText'>;

/** The data map that a request was planned by: its answer is written by it. A map that is deployed later is for requests that are planned later. */
export const mapOf = async ({ evidence }: Pick<Request, 'evidence'>, files: Texts): Promise<DataMap> =>
  JSON.parse(await files.readText(mapKey(evidence))) as DataMap;

/** The map to plan by: the one that the request has, or else the deployed one, which it then keeps. */
export const mapToPlanBy = async (request: Request, deployed: MapSettings, files: Files): Promise<MapSettings> => {
  if (request.dataMap) return { map: await mapOf(request, files), hash: request.dataMap };
  await files.writeText(mapKey(request.evidence), JSON.stringify(deployed.map), 'application/json');
  return deployed;
};

/** The map by which a request's pages and mails speak, and by which its systems may be opened. */
export const mapNow = async (request: Request, deployed: DataMap, files: Texts): Promise<DataMap> =>
  request.dataMap && !request.purgedAt ? mapInForce(await mapOf(request, files), deployed) : deployed;
