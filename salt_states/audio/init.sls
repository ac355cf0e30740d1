# Where sound goes and comes from; a lifted handset takes the loudspeakers' place.
include:
  - .package
  - .config
