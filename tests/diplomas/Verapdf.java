// Judges PDF files by veraPDF, as PDF/A-3a and as PDF/UA-1: a line for each, and one for each rule that is broken.

import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

public class Verapdf {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files) {
            for (String name : new String[] {"3a", "ua1"}) {
                PDFAFlavour flavour = PDFAFlavour.fromString(name);
                try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour);
                        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                    ValidationResult result = validator.validate(parser);
                    System.out.println(file + "\t" + name + "\t" + (result.isCompliant() ? "valid" : "broken"));
                    for (TestAssertion broken : result.getTestAssertions()) {
                        System.out.println("\t" + broken.getRuleId().getClause() + "\t" + broken.getMessage());
                    }
                }
            }
        }
    }
}
