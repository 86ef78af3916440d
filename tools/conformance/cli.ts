import { runAsProcess } from '../cli';
import { conformance } from './conformance';

runAsProcess('npm run conformance --', conformance);
