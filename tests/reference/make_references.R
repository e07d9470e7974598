# Fits of tests/reference/data/*.csv by other software, written to tests/reference/references.json.
# Usage: Rscript tests/reference/make_references.R   (data: python tests/reference/export_reference_data.py)
# Debian packages: r-base-core r-cran-lme4 r-cran-lmertest r-cran-pbkrtest r-cran-nlme r-cran-emmeans r-cran-jsonlite
# r-cran-numderiv
# Optimisers run to the end: their defaults stop up to 1e-3 of a standard error away.

suppressMessages({
  library(lmerTest)  # loads lme4; Kenward-Roger by pbkrtest
  library(nlme)
  library(emmeans)
  library(jsonlite)
})

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folder <- if (length(script)) dirname(script) else "tests/reference"
WEEKS <- c(6, 12)

read_long <- function(name) {
  wide <- read.csv(file.path(folder, "data", paste0(name, ".csv")))
  long <- do.call(rbind, lapply(c(0, 6, 12), function(week) {
    data.frame(participant = factor(wide$participant), running = as.numeric(wide$arm == "running"),
               week = week, value = wide[[paste0("week_", week)]])
  }))
  long <- long[!is.na(long$value), ]
  long$visit <- long$week / 6 + 1
  long$occasion <- factor(long$week)
  long$running_6 <- long$running * (long$week == 6)
  long$running_12 <- long$running * (long$week == 12)
  long[order(long$participant, long$visit), ]
}

row <- function(software, method, distribution, week, estimate, se, df) {
  data.frame(software = software, method = method, distribution = distribution, week = week, estimate = estimate, se = se, df = df)
}

random_intercept <- function(long) {
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5),
                         check.conv.singular = .makeCC("ignore", tol = 0))
  fit <- lmerTest::lmer(value ~ occasion * running + (1 | participant), long, REML = TRUE, control = control)
  tests <- do.call(rbind, lapply(WEEKS, function(week) {
    weights <- as.numeric(names(fixef(fit)) == paste0("occasion", week, ":running"))
    do.call(rbind, lapply(c(satterthwaite = "Satterthwaite", kenward_roger = "Kenward-Roger"), function(ddf) {
      test <- contest1D(fit, weights, ddf = ddf)
      name <- if (ddf == "Satterthwaite") "satterthwaite" else "kenward_roger"
      row("lmerTest", "random_intercept", name, week, test[["Estimate"]], test[["Std. Error"]], test[["df"]])
    }))
  }))
  # The same from estimated marginal means, as the trial words it: a route that picks no coefficient.
  contrasts <- list("6" = c(1, -1, -1, 1, 0, 0), "12" = c(1, -1, 0, 0, -1, 1))
  marginal <- do.call(rbind, lapply(c("satterthwaite", "kenward-roger"), function(mode) {
    means <- emmeans(fit, ~ running * occasion, at = list(running = c(0, 1)), lmer.df = mode)
    tested <- as.data.frame(contrast(means, contrasts))
    row("emmeans", "random_intercept", sub("-", "_", mode), WEEKS, tested$estimate, tested$SE, tested$df)
  }))
  rbind(tests, marginal)
}

tight <- glsControl(maxIter = 500, msMaxIter = 2000, tolerance = 1e-13, msTol = 1e-15, opt = "nlminb")

gls_rows <- function(method, fit, weeks = WEEKS, terms = paste0("occasion", weeks, ":running")) {
  grid <- lapply(terms, function(term) as.numeric(names(coef(fit)) == term))
  do.call(rbind, Map(function(weights, week) {
    se <- sqrt(drop(weights %*% vcov(fit) %*% weights))
    row("nlme", method, "z", week, sum(weights * coef(fit)), se, NA)
  }, grid, weeks))
}

# The optimisers of gls take gradients by coarse differences and stop about 1e-5 away: go on with Newton steps on
# the REML likelihood of gls at fixed parameters, with Richardson's derivatives.
polish <- function(refit, parameters) {
  likelihood <- function(parameters) as.numeric(logLik(refit(parameters)))
  for (step in 1:3) {
    gradient <- numDeriv::grad(likelihood, parameters)
    parameters <- parameters - drop(solve(numDeriv::hessian(likelihood, parameters), gradient))
  }
  refit(parameters)
}

unstructured <- function(model, long) {
  first <- gls(model, long, correlation = corSymm(form = ~ visit | participant),
               weights = varIdent(form = ~ 1 | occasion), method = "REML", control = tight)
  correlation <- corMatrix(first$modelStruct$corStruct)
  full <- correlation[[which(vapply(correlation, nrow, 1L) == 3)[1]]]
  ratios <- coef(first$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[c("0", "6", "12")]
  refit <- function(parameters) {
    varying <- varIdent(form = ~ 1 | occasion, fixed = setNames(exp(parameters[4:5]), c("6", "12")))
    gls(model, long, correlation = corSymm(tanh(parameters[1:3]), form = ~ visit | participant, fixed = TRUE),
        weights = varying, method = "REML")
  }
  polish(refit, c(atanh(full[lower.tri(full)]), log(ratios[2:3] / ratios[1])))
}

autoregressive <- function(model, long) {
  first <- gls(model, long, correlation = corAR1(form = ~ visit | participant), method = "REML", control = tight)
  refit <- function(parameter) {
    gls(model, long, correlation = corAR1(tanh(parameter), form = ~ visit | participant, fixed = TRUE),
        method = "REML")
  }
  polish(refit, atanh(coef(first$modelStruct$corStruct, unconstrained = FALSE)[[1]]))
}

SATURATED <- value ~ occasion * running
CONSTRAINED <- value ~ occasion + running_6 + running_12
EFFECTS <- paste0("occasion", WEEKS, ":running")
CONSTRAINED_EFFECTS <- c("running_6", "running_12")

repeated_measures <- function(long, mmrm, clda) {
  compound <- gls(SATURATED, long, correlation = corCompSymm(form = ~ 1 | participant), method = "REML",
                  control = tight)
  rbind(gls_rows("mmrm", mmrm),
        gls_rows("clda", clda, terms = CONSTRAINED_EFFECTS),
        gls_rows("mmrm_compound_symmetry", compound),
        gls_rows("mmrm_ar1", autoregressive(SATURATED, long)))
}

# The covariance of all visits that a fit of gls has.
fitted_covariance <- function(fit) {
  correlation <- corMatrix(fit$modelStruct$corStruct)
  full <- correlation[[which(vapply(correlation, nrow, 1L) == 3)[1]]]
  ratios <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[c("0", "6", "12")]
  fit$sigma^2 * full * outer(ratios, ratios)
}

# The unstructured covariance as correlated intercepts, one a visit, beside the residual: one variance more than can be
# told apart. The fitted covariance of the scores is not touched by that, nor are the degrees of freedom, which lmerTest
# and pbkrtest take from a generalised inverse where the information is singular. Left to itself the optimiser can stop
# where the intercepts become collinear: it starts from gls with half of the smallest eigenvalue as the residual.
unstructured_small_sample <- function(method, fixed, long, fit, terms) {
  covariance <- fitted_covariance(fit)
  residual <- min(eigen(covariance)$values) / 2
  start <- t(chol(covariance / residual - diag(3)))[lower.tri(covariance, diag = TRUE)]
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 1e-3, rhoend = 1e-12, maxfun = 1e6),
                         calc.derivs = FALSE, check.nobs.vs.nRE = "ignore",
                         check.conv.singular = .makeCC("ignore", tol = 0))
  # lmerTest warns of the flat direction.
  fit <- suppressWarnings(lmerTest::lmer(update(fixed, . ~ . + (0 + occasion | participant)), long, start = start,
                                         control = control))
  do.call(rbind, Map(function(term, week) {
    weights <- as.numeric(names(fixef(fit)) == term)
    do.call(rbind, lapply(c(satterthwaite = "Satterthwaite", kenward_roger = "Kenward-Roger"), function(ddf) {
      test <- contest1D(fit, weights, ddf = ddf)
      name <- if (ddf == "Satterthwaite") "satterthwaite" else "kenward_roger"
      row("lmerTest", method, name, week, test[["Estimate"]], test[["Std. Error"]], test[["df"]])
    }))
  }, terms, WEEKS))
}

complete_cases <- function(long) {
  wide <- reshape(long[, c("participant", "running", "week", "value")], direction = "wide", timevar = "week",
                  idvar = c("participant", "running"))
  do.call(rbind, lapply(WEEKS, function(week) {
    wide$late <- wide[[paste0("value.", week)]]
    wide$change <- wide$late - wide$value.0
    table <- coef(summary(lm(late ~ value.0 + running, wide)))["running", ]
    residual_df <- lm(late ~ value.0 + running, wide)$df.residual
    changes <- split(wide$change[!is.na(wide$change)], wide$running[!is.na(wide$change)])
    pooled <- t.test(changes[["1"]], changes[["0"]], var.equal = TRUE)
    welch <- t.test(changes[["1"]], changes[["0"]])
    difference <- mean(changes[["1"]]) - mean(changes[["0"]])
    rbind(row("lm", "ancova", "t", week, table[["Estimate"]], table[["Std. Error"]], residual_df),
          row("t.test", "change_score", "t", week, difference, pooled$stderr, pooled$parameter[["df"]]),
          row("t.test", "welch", "t", week, difference, welch$stderr, welch$parameter[["df"]]))
  }))
}

names <- sub("\\.csv$", "", list.files(file.path(folder, "data"), pattern = "\\.csv$"))
rows <- do.call(rbind, lapply(names, function(name) {
  long <- read_long(name)
  mmrm <- unstructured(SATURATED, long)
  clda <- unstructured(CONSTRAINED, long)
  fits <- rbind(random_intercept(long), repeated_measures(long, mmrm, clda),
                unstructured_small_sample("mmrm", SATURATED, long, mmrm, EFFECTS),
                unstructured_small_sample("clda", CONSTRAINED, long, clda, CONSTRAINED_EFFECTS), complete_cases(long))
  cbind(data_set = name, fits)
}))
rownames(rows) <- NULL
packages <- c("lme4", "lmerTest", "pbkrtest", "nlme", "emmeans", "numDeriv")
versions <- c(list(R = paste(R.version$major, R.version$minor, sep = ".")),
              setNames(lapply(packages, function(name) as.character(packageVersion(name))), packages))
write_json(list(versions = versions, rows = rows), file.path(folder, "references.json"), digits = NA, pretty = TRUE,
           auto_unbox = TRUE, na = "null")
