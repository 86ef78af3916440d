import { runAsProcess } from '../cli';
import { releases } from './releases';

runAsProcess('npm run releases --', releases);
