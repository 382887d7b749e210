"""What makes a corpus fit to be published, beyond what `index.reader` demands of one that can be built: each rule
reads, complains with place, cause and remedy, and changes nothing."""
