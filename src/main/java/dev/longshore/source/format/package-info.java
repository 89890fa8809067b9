/** How bytes are cut into records: shared by every source that reads bytes, wherever they come from. */
package dev.longshore.source.format;
