package dev.tandem.features;

/** Distances on the globe. */
final class Geography {
    private static final double EARTH_RADIUS_KM = 6371.0088;

    private Geography() {}

    /** Great-circle kilometres between two places in degrees, by the haversine formula. */
    static double distanceKm(double latitude, double longitude, double otherLatitude, double otherLongitude) {
        double phi = Math.toRadians(latitude);
        double otherPhi = Math.toRadians(otherLatitude);
        double halfNorth = Math.sin((otherPhi - phi) / 2);
        double halfEast = Math.sin(Math.toRadians(otherLongitude - longitude) / 2);
        double chord = halfNorth * halfNorth + Math.cos(phi) * Math.cos(otherPhi) * halfEast * halfEast;
        return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
    }
}
